"""The backward passes that are published, in the words of NumPy: one program for each layer.

A program assigns `d` + the name of every input that the layer differentiates. It may use what the
forward pass names, the upstream gradient, and its own lines before. A line that assigns a further
name is an array that is kept in memory, and is counted as one.
"""

from __future__ import annotations

from tests.derivations.published_losses import LOSSES

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
    "gelu": "dx = dy*(c + x*exp(-x**2/2)/(sqrt(2)*sqrt(pi)))",
    "hard-swish": "dx = dy*(g + x*(x > -3)*(x < 3)/6)",
    "hard-sigmoid": "dx = dy*(x > -3)*(x < 3)/6",
    "relu6": "dx = dy*(x > 0)*(x < 6)",
    "log-sigmoid": "dx = dy/(1 + exp(x))",
    "squared-relu": "dx = 2*dy*r",
    "gumbel-softmax": "da = y*(dy - sum(dy*y))/tau",
    "maxout": (
        "dz = dy[:, :, None]*(z == y[:, :, None])/sum(z == y[:, :, None], axis=2, "
        "keepdims=True); dx = einsum('nhk,dhk->nd', dz, W); dW = einsum('nd,nhk->dhk', x, dz);"
        "db = sum(dz, axis=0)"
    ),
    "squash": "ds = (r*dv + s*sum(dv*s)*(1 - r**2)/(r*(1 + r**2)))/(1 + r**2)",
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
    "geglu": (
        "dv = dy*u*c; du = dy*v*(c + u*exp(-u**2/2)/(sqrt(2)*sqrt(pi)));"
        "dx = du @ W.T + dv @ V.T; dW = x.T @ du; dV = x.T @ dv"
    ),
    "lstm-cell": (
        "dt = dm + ds*o*(1 - q**2); da_i = dt*g*i*(1 - i); da_f = dt*c*f*(1 - f);"
        "da_o = ds*q*o*(1 - o); da_g = dt*i*(1 - g**2); dc = dt*f;"
        "dx = da_i @ W_i.T + da_f @ W_f.T + da_o @ W_o.T + da_g @ W_g.T;"
        "dh = da_i @ U_i.T + da_f @ U_f.T + da_o @ U_o.T + da_g @ U_g.T; dW_i = x.T @ da_i;"
        "dU_i = h.T @ da_i; db_i = sum(da_i, axis=0); dW_f = x.T @ da_f; dU_f = h.T @ da_f;"
        "db_f = sum(da_f, axis=0); dW_o = x.T @ da_o; dU_o = h.T @ da_o;"
        "db_o = sum(da_o, axis=0); dW_g = x.T @ da_g; dU_g = h.T @ da_g;"
        "db_g = sum(da_g, axis=0)"
    ),
    "gru-cell": (
        "da_c = dh*(1 - z)*(1 - c**2); da_z = dh*(p - c)*z*(1 - z); dq = da_c @ U_c.T;"
        "da_r = dq*p*r*(1 - r); dx = da_c @ W_c.T + da_z @ W_z.T + da_r @ W_r.T;"
        "dp = dh*z + dq*r + da_z @ U_z.T + da_r @ U_r.T; dW_r = x.T @ da_r; dU_r = p.T @ da_r;"
        "db_r = sum(da_r, axis=0); dW_z = x.T @ da_z; dU_z = p.T @ da_z;"
        "db_z = sum(da_z, axis=0); dW_c = x.T @ da_c; dU_c = q.T @ da_c;"
        "db_c = sum(da_c, axis=0)"
    ),
    "multi-head-attention": (
        "dW_o = einsum('thk,td->hkd', o, dy); do = einsum('td,hkd->thk', dy, W_o);"
        "dv = einsum('hti,thk->ihk', p, do); dp = einsum('thk,ihk->hti', do, v);"
        "ds = p*(dp - sum(dp*p, axis=2, keepdims=True))/sqrt(q.shape[2]);"
        "dq = einsum('hti,ihk->thk', ds, k); dk = einsum('hti,thk->ihk', ds, q);"
        "dx = einsum('thk,dhk->td', dq, W_q) + einsum('thk,dhk->td', dk, W_k) + "
        "einsum('thk,dhk->td', dv, W_v); dW_q = einsum('td,thk->dhk', x, dq);"
        "dW_k = einsum('td,thk->dhk', x, dk); dW_v = einsum('td,thk->dhk', x, dv)"
    ),
    "masked-attention": (
        "dv = p.T @ do; dp = do @ v.T; ds = p*(dp - sum(dp*p, axis=1, keepdims=True));"
        "dq = ds @ k/sqrt(q.shape[1]); dk = ds.T @ q/sqrt(q.shape[1])"
    ),
    "additive-attention": (
        "dp = h @ dc; de = p*(dp - sum(dp*p)); dv = u.T @ de; dz = de[:, None]*v*(1 - u**2);"
        "dk = sum(dz, axis=0); ds = W @ dk; dW = s[:, None]*dk; dU = h.T @ dz;"
        "dh = p[:, None]*dc + dz @ U.T"
    ),
    "bilinear": (
        "dx = einsum('nk,ijk,nj->ni', dy, W, z); dz = einsum('nk,ijk,ni->nj', dy, W, x);"
        "dW = einsum('nk,ni,nj->ijk', dy, x, z); db = sum(dy, axis=0)"
    ),
    "film": (
        "dx = dy*g[:, None, :]; dg = sum(dy*x, axis=1); db = sum(dy, axis=1);"
        "dc = dg @ W_g.T + db @ W_b.T; dW_g = c.T @ dg; db_g = sum(dg, axis=0); dW_b = c.T @ db;"
        "db_b = sum(db, axis=0)"
    ),
    "squeeze-excitation": (
        "db = sum(dy*x, axis=1)*e*(1 - e); dV = h.T @ db; da = (db @ V.T)*(a > 0);"
        "dU = z.T @ da; dz = da @ U.T/x.shape[1]; dx = dy*e[:, None, :] + dz[:, None, :]"
    ),
    "highway": (
        "du = dy*t*(1 - h**2); dv = dy*(h - x)*t*(1 - t); dx = dy*(1 - t) + du @ W.T + dv @ V.T;"
        "dW = x.T @ du; db = sum(du, axis=0); dV = x.T @ dv; dc = sum(dv, axis=0)"
    ),
    "residual-block": (
        "dz = dy*(z > 0); da = (dz @ V.T)*(a > 0); dx = dz + da @ W.T; dW = x.T @ da;"
        "dV = h.T @ dz"
    ),
    "feed-forward": (
        "da = (dy @ W2.T)*(a > 0); dx = da @ W1.T; dW1 = x.T @ da; db1 = sum(da, axis=0);"
        "dW2 = h.T @ dy; db2 = sum(dy, axis=0)"
    ),
    "instance-norm": (
        "dx = gamma[:, None, None]*s*(dy - (sum(dy, axis=(2, 3), keepdims=True) + "
        "xhat*sum(dy*xhat, axis=(2, 3), keepdims=True))/(x.shape[2]*x.shape[3]));"
        "dgamma = sum(dy*xhat, axis=(0, 2, 3)); dbeta = sum(dy, axis=(0, 2, 3))"
    ),
    "graph-convolution": "dz = dy*(z > 0); dh = dz @ W.T; dx = A.T @ dh; dW = h.T @ dz",
    "lora": (
        "dh = alpha*(dy @ B.T)/A.shape[1]; dx = dy @ W.T + dh @ A.T; dA = x.T @ dh;"
        "dB = alpha*(h.T @ dy)/A.shape[1]"
    ),
    "mixture-of-experts": (
        "dg = einsum('nm,nem->ne', dy, f); da = g*(dg - sum(dg*g, axis=1, keepdims=True));"
        "df = g[:, :, None]*dy[:, None, :]; dx = da @ G.T + einsum('nem,dem->nd', df, W);"
        "dG = x.T @ da; dW = einsum('nd,nem->dem', x, df)"
    ),
    "rbf": (
        "h = 2*beta*dy*y; dx = h @ c - x*sum(h, axis=1, keepdims=True);"
        "dc = h.T @ x - c*sum(h, axis=0)[:, None]; dbeta = -sum(dy*y*d)"
    ),
    "reparameterization": "dm = dz; dw = dz*e*s/2",
    **LOSSES,
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
    "gaussian-process": (
        "dy = alpha; dK = 0.5*(C_inv.T @ C_inv - alpha[:, None]*alpha[None, :]);"
        "s = dK*k; dX = 2*(s @ X - X*sum(s, axis=1)[:, None]); dnoise = trace(dK)"
    ),
    "gaussian-log-likelihood": (
        "dx = -z; dmu = z; dS = -0.5*(S_inv - z[:, None]*z[None, :])"
    ),
    "two-layer": (
        "da2 = (y - t)/x.shape[0]; dW2 = h.T @ da2; db2 = sum(da2, axis=0);"
        "da1 = (da2 @ W2.T)*(a1 > 0); dx = da1 @ W1.T; dW1 = x.T @ da1; db1 = sum(da1, axis=0)"
    ),
    "factorization-machine": "dw = x; dv = x[:, None]*(s - v*x[:, None]); db = 1",
    "bpr": "g = 1/(1 + exp(x)); du = 2*lam*u - g*(i - j); di = 2*lam*i - g*u; dj = 2*lam*j + g*u",
    "skip-gram": (
        "p = -1/(1 + exp(a)); q = 1/(1 + exp(-b)); dv = p*u + q @ w; du = p*v; dw = q[:, None]*v"
    ),
    "glove": "g = 2*f*e; dw = g @ c; dc = g.T @ w; da = sum(g, axis=1); db = sum(g, axis=0)",
    "linear-svm": "g = t*(t*z < 1); dw = lam*w - x.T @ g/x.shape[0]",
    "softmax-regression": "da = (y - t)/x.shape[0]; dW = x.T @ da; db = sum(da, axis=0)",
    "autoencoder": (
        "dy = 2*(y - x)/x.shape[0]; da = (dy @ W)*h*(1 - h); dW = x.T @ da + dy.T @ h;"
        "db = sum(da, axis=0); dc = sum(dy, axis=0)"
    ),
    # labels, look-ups, windows and blocks of axes
    "softmax-ce-labels": "da = (y - (t[:, None] == arange(a.shape[1])))/a.shape[0]",
    "nll-labels": "dy = -w[t][:, None]*(t[:, None] == arange(y.shape[1]))/W",
    "multiclass-svm-labels": (
        "g = (d > 0)*(t[:, None] != arange(s.shape[1]))/s.shape[0];"
        "ds = g - (t[:, None] == arange(s.shape[1]))*sum(g, axis=1, keepdims=True)"
    ),
    "policy-gradient": "dz = r[:, None]*(p - (a[:, None] == arange(z.shape[1])))/z.shape[0]",
    "q-learning": "dq = d[:, None]*(a[:, None] == arange(q.shape[1]))/q.shape[0]",
    "cosface": "dc = s*(y - (t[:, None] == arange(c.shape[1])))/c.shape[0]",
    "center-loss-labels": "dx = r; dc = -((t == arange(c.shape[0])[:, None]) @ r)",
    "embedding": "dE = (t == arange(E.shape[0])[:, None]) @ dy",
    "bigram": (
        "da = (y - (t[:, None] == arange(W.shape[1])))/t.shape[0];"
        "dW = (s == arange(W.shape[0])[:, None]) @ da"
    ),
    "neural-lm": (
        "da = (y - (t[:, None] == arange(U.shape[1])))/t.shape[0]; dU = h.T @ da;"
        "dz = (da @ U.T)*(1 - h**2); dW = e.T @ dz; db = sum(dz, axis=0); de = dz @ W.T;"
        "dE = einsum('vnc,ncd->vd', s == arange(E.shape[0])[:, None, None], "
        "de.reshape(t.shape[0], 3, -1))"
    ),
    "collaborative-filtering": (
        "du = (i == arange(u.shape[0])[:, None]) @ (e[:, None]*v[j]);"
        "dv = (j == arange(v.shape[0])[:, None]) @ (e[:, None]*u[i])"
    ),
    "word2vec": (
        "p = -1/(1 + exp(a)); q = 1/(1 + exp(-b));"
        "dv = (c == arange(v.shape[0])[:, None]) @ "
        "(p[:, None]*u[o] + einsum('nk,nkd->nd', q, u[z]));"
        "du = (o == arange(u.shape[0])[:, None]) @ (p[:, None]*v[c])"
        " + einsum('vnk,nk,nd->vd', z == arange(u.shape[0])[:, None, None], q, v[c])"
    ),
    "group-norm": (
        "dxhat = gamma*dy.reshape(xhat.shape);"
        "dx = (s*(dxhat - (sum(dxhat, axis=2, keepdims=True)"
        " + xhat*sum(dxhat*xhat, axis=2, keepdims=True))/gamma.shape[1])).reshape(x.shape);"
        "dgamma = sum(dy.reshape(xhat.shape)*xhat, axis=0);"
        "dbeta = sum(dy.reshape(xhat.shape), axis=0)"
    ),
    "rope": (
        "dx = stack((dy[:, ::2]*c + dy[:, 1::2]*s, dy[:, 1::2]*c - dy[:, ::2]*s), axis=-1)"
        ".reshape(x.shape)"
    ),
    "conv1d": (
        "dw = einsum('noi,ncij->ocj', dy, u); db = sum(dy, axis=(0, 2));"
        "p = pad(dy, ((0, 0), (0, 0), (w.shape[2] - 1, w.shape[2] - 1)));"
        "dx = einsum('noij,ocj->nci', sliding_window_view(p, w.shape[2], axis=2), w[:, :, ::-1])"
    ),
    "conv2d": (
        "dw = einsum('noij,ncijkl->ockl', dy, u); db = sum(dy, axis=(0, 2, 3));"
        "p = pad(dy, ((0, 0), (0, 0), (w.shape[2] - 1, w.shape[2] - 1),"
        " (w.shape[3] - 1, w.shape[3] - 1)));"
        "dx = einsum('noijkl,ockl->ncij',"
        " sliding_window_view(p, (w.shape[2], w.shape[3]), axis=(2, 3)), w[:, :, ::-1, ::-1])"
    ),
    "avg-pool": "dx = repeat(repeat(dy, 2, axis=2), 2, axis=3)/4",
    "max-pool": (
        "m = x == repeat(repeat(y, 2, axis=2), 2, axis=3);"
        "c = sum(m.reshape(x.shape[0], x.shape[1], y.shape[2], 2, y.shape[3], 2), axis=(3, 5));"
        "dx = m*repeat(repeat(dy/c, 2, axis=2), 2, axis=3)"
    ),
    "upsample": (
        "dx = sum(dy.reshape(x.shape[0], x.shape[1], x.shape[2], 2, x.shape[3], 2), axis=(3, 5))"
    ),
    "pixel-shuffle": (
        "dx = dy.reshape(u.shape[0], u.shape[1], u.shape[4], 2, u.shape[5], 2)"
        ".transpose(0, 1, 3, 5, 2, 4).reshape(x.shape)"
    ),
    "patch-embedding": (
        "dx = einsum('nhmd,dcpq->nchpmq', dy, W).reshape(x.shape);"
        "dW = einsum('nhmd,nchpmq->dcpq', dy, u); db = sum(dy, axis=(0, 1, 2))"
    ),
    "causal-attention": (
        "dv = p.T @ do; dp = do @ v.T;"
        "da = where(arange(q.shape[0])[:, None] >= arange(q.shape[0]), "
        "p*(dp - sum(dp*p, axis=1, keepdims=True)), 0)/sqrt(q.shape[1]); dq = da @ k; dk = da.T @ q"
    ),
    "glu-split": (
        "dz = concatenate((dy*s, dy*u*s*(1 - s)), axis=1); dx = dz @ W.T; dW = x.T @ dz;"
        "db = sum(dz, axis=0)"
    ),
    "lstm-stacked": (
        "dt = dm + ds*o*(1 - q**2); dc = dt*f;"
        "da = concatenate((dt*g*i*(1 - i), dt*c*f*(1 - f), ds*q*o*(1 - o), dt*i*(1 - g**2)), "
        "axis=1); dx = da @ W.T; dh = da @ U.T; dW = x.T @ da; dU = h.T @ da; db = sum(da, axis=0)"
    ),
    "cox": "dh = exp(h)*cumsum((e/S)[::-1])[::-1] - e",
    "total-variation": "dx = pad(sign(d), (1, 0)) - pad(sign(d), (0, 1))",
    "smoothness": "dx = pad(d, (1, 0)) - pad(d, (0, 1))",
}
