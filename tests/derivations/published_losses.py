"""The published backward passes of losses; `published` says how they are written."""

from __future__ import annotations

LOSSES: dict[str, str] = {
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
    "cosine-embedding": (
        "g = (1 - t)/2*(c > m) - (1 + t)/2; dx = g*(y/(r*s) - c*x/r**2);"
        "dy = g*(x/(r*s) - c*y/s**2)"
    ),
    "multiclass-svm": "g = (1 - t)*(d > 0)/s.shape[0]; ds = g - t*sum(g, axis=1, keepdims=True)",
    "nll": "dy = -w*t/W",
    "log-cosh": "dy = tanh(y - t)/y.shape[0]",
    "quantile": "dy = where(r > 0, -q, 1 - q)/y.shape[0]",
    "charbonnier": "dy = (y - t)/s",
    "dice": "dy = -2*(t*u - 2*y*i)/u**2",
    "tversky": "dy = (i*(t + alpha*(1 - t) - beta*t) - t*d)/d**2",
    "jaccard": "dy = (i*(1 - t) - t*u)/u**2",
    "margin-ranking": "dx = -t*(d > 0)/x.shape[0]; dy = t*(d > 0)/x.shape[0]",
    "contrastive": "g = 1 - t - t*maximum(0, m - d)/d; dx = g*(x - y); dy = -g*(x - y)",
    "wing": "dy = sign(r)*where(abs(r) < w, w/(eps + abs(r)), 1)",
    "center-loss": "dx = r; dc = -t.T @ r",
    "ranknet": "dx = sigma*(0.5*(1 - t) - 1/(1 + exp(d))); dy = -dx",
    "ppo": "dx = -a*r*(r*a < g)/x.shape[0]",
    "dpo": "dz = -1/(1 + exp(z))/w.shape[0]; dw = beta*dz; dr = -beta*dz",
    "jensen-shannon": "dp = 0.5*(log(p) - log(m)); dq = 0.5*(log(q) - log(m))",
    "rmse": "dy = (y - t)/(y.shape[0]*L)",
    "gaussian-kl": (
        "dm = (m - a)/b; dv = 0.5*(1/b - 1/v); da = (a - m)/b;"
        "db = 0.5*(1/b - (v + (m - a)**2)/b**2)"
    ),
    "pearson": "dx = (b/s - c*a/r)/r; dy = (a/r - c*b/s)/s",
}
