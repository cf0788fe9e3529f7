"""The backward passes that are published, in the words of NumPy: one program for each layer.

A program assigns `d` + the name of every input that the layer differentiates. It may use what the
forward pass names, the upstream gradient, and its own lines before. A line that assigns a further
name is an array that is kept in memory, and is counted as one.
"""

from __future__ import annotations

PUBLISHED: dict[str, str] = {
    # activations
    "relu": "dx = dy*(x > 0)",
    "sigmoid": "dx = dy*y*(1 - y)",
    "tanh": "dx = dy*(1 - y**2)",
    "softplus": "dx = dy/(1 + exp(-x))",
    "silu": "dx = dy*s*(1 + x*(1 - s))",
    "gelu-tanh": (
        "dx = dy*(0.5*(1 + u) + 0.5*x*(1 - u**2)*sqrt(2/pi)*(1 + 3*0.044715*x**2))"
    ),
    "elu": "dx = dy*where(x > 0, 1, y + alpha)",
    "leaky-relu": "dx = dy*where(x > 0, 1, alpha)",
    "selu": "dx = dy*where(x > 0, lam, y + lam*alpha)",
    "prelu": "dx = dy*where(x > 0, 1, alpha); dalpha = sum(dy*x*(x <= 0), axis=0)",
    "mish": "dx = dy*(u + x*(1 - u**2)/(1 + exp(-x)))",
    "softsign": "dx = dy/(1 + abs(x))**2",
    "softmax": "da = y*(dy - sum(dy*y))",
    "log-softmax": "da = dy - exp(y)*sum(dy)",
    # layers
    "add": "dx = dz; dy = dz",
    "mul": "dx = dz*y; dy = dz*x",
    "apple": "dapple = apple_count*tax; dapple_count = apple*tax; dtax = apple_price",
    "apple-orange": (
        "dapple = apple_count*tax; dapple_count = apple*tax; dorange = orange_count*tax;"
        "dorange_count = orange*tax; dtax = all_price"
    ),
    "affine": "dx = W @ dy; dW = x[:, None]*dy[None, :]; db = dy",
    "affine-batch": "dx = dz @ W.T; dW = x.T @ dz; db = sum(dz, axis=0)",
    "swiglu": (
        "dv = dy*u*s; du = dy*v*s*(1 + u*(1 - s));"
        "dx = du @ W.T + dv @ V.T; dW = x.T @ du; dV = x.T @ dv"
    ),
    "glu": (
        "du = dy*s; dv = dy*u*s*(1 - s); dx = du @ W.T + dv @ V.T;"
        "dW = x.T @ du; db = sum(du, axis=0); dV = x.T @ dv; dc = sum(dv, axis=0)"
    ),
    "rnn-cell": (
        "dz = dh*(1 - h**2); dx = dz @ W.T; dp = dz @ U.T;"
        "dW = x.T @ dz; dU = p.T @ dz; db = sum(dz, axis=0)"
    ),
    "lstm-gates": (
        "m = dc + dh*o*(1 - q**2); dai = m*g*i*(1 - i); daf = m*p*f*(1 - f);"
        "dao = dh*q*o*(1 - o); dag = m*i*(1 - g**2); dp = m*f"
    ),
    "dropout": "dx = dy*m/(1 - p)",
    "batch-norm": (
        "dx = gamma*s*(dy - (sum(dy, axis=0) + xhat*sum(dy*xhat, axis=0))/x.shape[0]);"
        "dgamma = sum(dy*xhat, axis=0); dbeta = sum(dy, axis=0)"
    ),
    "layer-norm": (
        "dxhat = dy*gamma;"
        "dx = s*(dxhat - (sum(dxhat, axis=1, keepdims=True)"
        " + xhat*sum(dxhat*xhat, axis=1, keepdims=True))/x.shape[1]);"
        "dgamma = sum(dy*xhat, axis=0); dbeta = sum(dy, axis=0)"
    ),
    "rms-norm": (
        "dxhat = dy*g;"
        "dx = s*(dxhat - xhat*sum(dxhat*xhat, axis=1, keepdims=True)/x.shape[1]);"
        "dg = sum(dy*xhat, axis=0)"
    ),
    "l2-normalize": "dx = (dy - y*sum(dy*y))/r",
    "weight-norm": "dg = sum(dw*v)/r; dv = g/r*dw - g*dg/r**2*v",
    "attention": (
        "dv = p.T @ do; dp = do @ v.T; ds = p*(dp - sum(dp*p, axis=1, keepdims=True));"
        "dq = ds @ k/sqrt(q.shape[1]); dk = ds.T @ q/sqrt(q.shape[1])"
    ),
    # losses
    "mse": "dy = 2*(y - t)/y.shape[0]",
    "mae": "dy = sign(y - t)/y.shape[0]",
    "cross-entropy": "dy = -t/y",
    "softmax-ce": "da = y - t",
    "softmax-ce-batch": "da = (y - t)/a.shape[0]",
    "sigmoid-bce": "dx = y - t",
    "bce-with-logits": "dx = (1/(1 + exp(-x)) - t)/x.shape[0]",
    "distillation": "da = T*(y - t)",
    "label-smoothing": "da = y - u",
    "focal": "dx = t*(1 - p)**gamma*(gamma*p*log(p) + p - 1)",
    "kl-divergence": "dp = log(p) - log(q) + 1; dq = -p/q",
    "entropy": "da = -y*(log(y) + H)",
    "hinge": "dx = -t*(t*x < 1)",
    "squared-hinge": "dx = -2*t*m",
    "exponential-loss": "dx = -t*exp(-t*x)",
    "huber": "dy = where(abs(r) <= delta, r, delta*sign(r))/y.shape[0]",
    "smooth-l1": "dy = where(abs(r) < 1, r, sign(r))",
    "cosine-similarity": "dx = y/(r*s) - c*x/r**2; dy = x/(r*s) - c*y/s**2",
    "triplet": "da = 2*(d > 0)*(n - p); dp = 2*(d > 0)*(p - a); dn = 2*(d > 0)*(a - n)",
    "info-nce": (
        "ds = exp(s - lse[:, None])/z.shape[0];"
        "dz = (ds @ w - w/z.shape[0])/tau; dw = (ds.T @ z - z/z.shape[0])/tau"
    ),
    "poisson-nll": "dx = (exp(x) - t)/x.shape[0]",
    "gaussian-nll": (
        "dm = (m - t)/v/m.shape[0]; dv = 0.5*(1/v - (t - m)**2/v**2)/m.shape[0]"
    ),
    "vae-kl": "dm = m; dw = 0.5*(exp(w) - 1)",
    # models
    "logistic-regression": "dz = (y - t)/x.shape[0]; dw = x.T @ dz; db = sum(dz)",
    "linear-regression": "dy = 2*(y - t)/x.shape[0]; dw = x.T @ dy; db = sum(dy)",
    "ridge-regression": "dw = 2*(x.T @ r + lam*w)",
    "lasso": "dw = x.T @ r + lam*sign(w)",
    "matrix-factorization": (
        "f = m*e; du = 2*(lam*u - f @ v); dv = 2*(lam*v - f.T @ u)"
    ),
    "quadratic-form": "dx = (A + A.T) @ x; dA = x[:, None]*x[None, :]",
    # linear algebra; what a law calls A⁻¹ has the name that the forward pass gives it
    "log-det": "dA = A_inv.T",
    "determinant": "dA = d*A_inv.T",
    "matrix-inverse": "dA = -Y.T @ dY @ Y.T",
    "linear-solve": "db = A_inv.T @ dx; dA = -(A_inv.T @ dx)[:, None]*x[None, :]",
    "gaussian-log-likelihood": (
        "dx = -z; dmu = z; dS = -0.5*(S_inv - z[:, None]*z[None, :])"
    ),
    "two-layer": (
        "da2 = (y - t)/x.shape[0]; dW2 = h.T @ da2; db2 = sum(da2, axis=0);"
        "da1 = (da2 @ W2.T)*(a1 > 0); dx = da1 @ W1.T; dW1 = x.T @ da1; db1 = sum(da1, axis=0)"
    ),
}
