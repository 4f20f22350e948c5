#!/bin/sh
# choix 0.4.1 and how wide the prior is that `alpha` stands for. 2026-12-01.
#
# One would guess: alpha is the precision of a normal prior on the strengths, so that its variance is 1/alpha. The
# documentation of opt_pairwise says so in these words, and that of ep_pairwise, too.
# What happens: opt_pairwise (and its kin that maximise) adds alpha · |strengths|² to the negative log-likelihood, not
# half of it: its prior has the variance 1/(2·alpha). That of ep_pairwise has 1/alpha. One alpha is two priors.
# Eight wins of ten between two items: their strengths are x and -x, where the slope of the likelihood,
# 8·p(-2x) - 2·p(2x), is that of the penalty, x/variance. Comparisons say nothing about the sum of both strengths, so
# along it ep_pairwise's answer still has the prior's variance.
# Seen on Python 3.11:
#   alpha 0.5: 1/alpha is 2, ep_pairwise has 2.00, opt_pairwise (0.539) has 1.00
#   alpha 0.05: 1/alpha is 20, ep_pairwise has 20.00, opt_pairwise (0.672) has 10.00
# Needs pip and the network for the packages.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q "choix==0.4.1" "numpy==2.4.6" "scipy==1.17.1"
cat > "$folder/see.py" <<'PY'
import math
import sys

import choix

wins = [(0, 1)] * 8 + [(1, 0)] * 2
holds = True
for alpha in (0.5, 0.05):
    x = float(choix.opt_pairwise(2, wins, alpha=alpha, tol=1e-12)[0])
    slope = 8 / (1 + math.exp(2 * x)) - 2 / (1 + math.exp(-2 * x))
    covariance = choix.ep_pairwise(2, wins, alpha, model="logit")[1]
    ours, theirs = x / slope, float(covariance[0, 0] + covariance[0, 1])
    print(f"alpha {alpha:g}: 1/alpha is {1 / alpha:g}, ep_pairwise has {theirs:.2f}, opt_pairwise ({x:.3f}) has {ours:.2f}")
    holds = holds and math.isclose(theirs, 1 / alpha, rel_tol=0.01) and math.isclose(ours, 1 / (2 * alpha), rel_tol=0.01)
sys.exit(0 if holds else 1)
PY
"$folder/venv/bin/python" "$folder/see.py"
