"""The papers and posts that the gallery draws on, as they are cited in ``source`` and in claims."""

from __future__ import annotations

__all__ = [
    "BROAD",
    "CORRIGIBLE",
    "HADDAD_MONMEGE",
    "KK",
    "MORE",
    "OPTS",
    "POWERPLAY",
    "PRDM",
    "REAL",
    "SAT",
    "SEEKING",
]

OPTS = "Turner et al., Optimal Policies Tend To Seek Power (arXiv 1912.01683)"
PRDM = "Turner & Tadepalli, Parametrically Retargetable Decision-Makers Tend To Seek Power (arXiv 2206.13477)"
MORE = "Turner, The More Power At Stake, The Stronger Instrumental Convergence Gets For Optimal Policies (2021)"
SEEKING = "Turner & Riggs, Seeking Power is Often Convergently Instrumental in MDPs (2019)"
BROAD = "Turner, Seeking Power is Convergently Instrumental in a Broad Class of Environments (2021)"
REAL = "Turner, Instrumental Convergence For Realistic Agent Objectives (2022)"
SAT = "Turner, Satisficers Tend To Seek Power: Instrumental Convergence Via Retargetability (2021)"
CORRIGIBLE = "Turner, A Certain Formalization of Corrigibility Is VNM-Incoherent (2021)"
KK = "Krakovna & Kramar, Power-seeking can be probable and predictive for trained agents (arXiv 2304.06528)"
POWERPLAY = "Harris & Suo, POWERplay: an open-source toolchain to study AI power-seeking (2022)"
HADDAD_MONMEGE = (
    "Haddad & Monmege, Interval iteration algorithm for MDPs and IMDPs (Theoretical Computer Science 735, 2018), in "
    "the form of the Quantitative Verification Benchmark Set"
)
