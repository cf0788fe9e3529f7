/*
 * Layers in plain C, tuned by hand for gcc -O3 -march=native -ffast-math: what a compiler makes of
 * the obvious loops. Not safe for NaN, infinities or large numbers of both signs.
 */

#include <math.h>
#include <stddef.h>

typedef ptrdiff_t size;

double softmax_ce(size rows, size n, const REAL *restrict a, const REAL *restrict t,
    REAL *restrict da)
{
    double loss = 0;
    for (size i = 0; i < rows; i++) {
        const REAL *x = a + i * n, *y = t + i * n;
        REAL *d = da + i * n;
        REAL largest = x[0];
        for (size j = 0; j < n; j++) largest = x[j] > largest ? x[j] : largest;
        REAL sum = 0, weights = 0, products = 0;
        for (size j = 0; j < n; j++) {
            const REAL z = x[j] - largest, e = EXP(z);
            d[j] = e;
            sum += e;
            weights += y[j];
            products += y[j] * z;
        }
        const REAL scale = 1 / sum;
        for (size j = 0; j < n; j++) d[j] = (d[j] * scale - y[j]) / rows;
        loss += weights * LOG(sum) - products;
    }
    return loss / rows;
}

void sigmoid(size n, const REAL *restrict x, REAL *restrict y)
{
    for (size i = 0; i < n; i++) y[i] = 1 / (1 + EXP(-x[i]));
}

void sigmoid_back(size n, const REAL *restrict y, const REAL *restrict dy, REAL *restrict dx)
{
    for (size i = 0; i < n; i++) dx[i] = dy[i] * y[i] * (1 - y[i]);
}

void layer_norm(size rows, size n, REAL eps, const REAL *restrict x, const REAL *restrict gamma,
    const REAL *restrict beta, REAL *restrict y, REAL *restrict hat, REAL *restrict s)
{
    for (size i = 0; i < rows; i++) {
        const REAL *u = x + i * n;
        REAL *v = y + i * n, *h = hat + i * n;
        REAL mean = 0, square = 0;
        for (size j = 0; j < n; j++) mean += u[j];
        mean /= n;
        for (size j = 0; j < n; j++) square += (u[j] - mean) * (u[j] - mean);
        s[i] = 1 / SQRT(square / n + eps);
        for (size j = 0; j < n; j++) {
            h[j] = (u[j] - mean) * s[i];
            v[j] = gamma[j] * h[j] + beta[j];
        }
    }
}

void layer_norm_back(size rows, size n, const REAL *restrict dy, const REAL *restrict gamma,
    const REAL *restrict hat, const REAL *restrict s, REAL *restrict dx, REAL *restrict dgamma,
    REAL *restrict dbeta)
{
    for (size j = 0; j < n; j++) dgamma[j] = dbeta[j] = 0;
    for (size i = 0; i < rows; i++) {
        const REAL *u = dy + i * n, *h = hat + i * n;
        REAL *d = dx + i * n;
        REAL sum = 0, products = 0;
        for (size j = 0; j < n; j++) {
            const REAL g = u[j] * gamma[j];
            sum += g;
            products += g * h[j];
            dgamma[j] += u[j] * h[j];
            dbeta[j] += u[j];
        }
        sum /= n;
        products /= n;
        for (size j = 0; j < n; j++) d[j] = (u[j] * gamma[j] - sum - h[j] * products) * s[i];
    }
}

void batch_norm(size rows, size n, REAL eps, const REAL *restrict x, const REAL *restrict gamma,
    const REAL *restrict beta, REAL *restrict y, REAL *restrict hat, REAL *restrict s,
    REAL *restrict mean)
{
    for (size j = 0; j < n; j++) mean[j] = s[j] = 0;
    for (size i = 0; i < rows; i++)
        for (size j = 0; j < n; j++) mean[j] += x[i * n + j];
    for (size j = 0; j < n; j++) mean[j] /= rows;
    for (size i = 0; i < rows; i++)
        for (size j = 0; j < n; j++) {
            const REAL u = x[i * n + j] - mean[j];
            s[j] += u * u;
        }
    for (size j = 0; j < n; j++) s[j] = 1 / SQRT(s[j] / rows + eps);
    for (size i = 0; i < rows; i++)
        for (size j = 0; j < n; j++) {
            const REAL h = (x[i * n + j] - mean[j]) * s[j];
            hat[i * n + j] = h;
            y[i * n + j] = gamma[j] * h + beta[j];
        }
}

void batch_norm_back(size rows, size n, const REAL *restrict dy, const REAL *restrict gamma,
    const REAL *restrict hat, const REAL *restrict s, REAL *restrict dx, REAL *restrict dgamma,
    REAL *restrict dbeta)
{
    for (size j = 0; j < n; j++) dgamma[j] = dbeta[j] = 0;
    for (size i = 0; i < rows; i++)
        for (size j = 0; j < n; j++) {
            dgamma[j] += dy[i * n + j] * hat[i * n + j];
            dbeta[j] += dy[i * n + j];
        }
    const REAL part = (REAL)1 / rows;
    for (size i = 0; i < rows; i++)
        for (size j = 0; j < n; j++)
            dx[i * n + j] = gamma[j] * s[j]
                * (dy[i * n + j] - (dbeta[j] + hat[i * n + j] * dgamma[j]) * part);
}
