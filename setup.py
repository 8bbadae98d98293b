"""Packaging. Versions are pinned where an API is known to move: verl's trainer and engine seams, transformers' Qwen3-VL
processor, matplotlib (its version is part of the prompt and of every picture)."""

from pathlib import Path

from setuptools import find_packages, setup

CORE = [  # what inspection needs: usable without torch or verl
    "cydifflib>=1.1",  # the algorithm and results of difflib, compiled
    "jinja2>=3.1",
    "matplotlib==3.11.2",
    "numpy>=1.26",
    "packaging>=23",
    "pillow>=10.1",
    "scipy>=1.11",
    "tqdm>=4.66",
]
TRAIN = [
    "torch>=2.8",  # not pinned: vllm brings its own; tested with 2.13.0
    "verl==0.9.1",
    "TransferQueue==0.1.11",
    "tensordict==0.10.0",
    "transformers==5.10.4",
    "ray[default]==2.60.0",
    "hydra-core>=1.3",
    "datasets>=3",
    "psutil>=5.9",
    "pyarrow>=19",
    "wrapt>=1.16",
    "tensorboard>=2.16",
    "pyzmq",
    "msgspec",
    "fastapi",
    "uvicorn",
    "cachetools",
]

EVAL = [
    *("matplotlib-venn", "networkx", "pandas>=2", "seaborn>=0.13", "squarify"),  # what ChartMimic's programs import
    "opencv-python-headless",  # Design2Code paints words out before CLIP
]
WEB = ["playwright>=1.50"]  # drives a Chromium of the system
SLIDE = [  # and LibreOffice, of the system
    "python-pptx==1.0.2",  # pinned: who wrote what is noted by hooks in it
    "pypdfium2>=5",
]
TEST = ["beautifulsoup4", "pytest>=8", "pytest-asyncio>=0.23", "pytest-xdist>=3.6", "ruff>=0.6"]

setup(
    name="verl_visual_sdpo",
    version="0.1.0",
    description="Visual-SDPO for verl: code models that learn from seeing what they draw",
    long_description=Path(__file__).with_name("README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    python_requires=">=3.11",
    packages=find_packages(include=["verl_visual_sdpo*", "reward_fns*"]),
    include_package_data=True,
    package_data={"verl_visual_sdpo": ["**/*.yaml", "**/*.html", "**/*.jinja", "**/*.js"]},
    install_requires=CORE,
    extras_require={
        "train": TRAIN,
        "gpu": [*TRAIN, "vllm", "flash-attn", "qwen-vl-utils", "wandb"],
        "web": WEB,
        "slide": SLIDE,
        "eval": EVAL,
        "test": [*TRAIN, *EVAL, *WEB, *SLIDE, *TEST],
    },
    entry_points={
        "console_scripts": ["visual-sdpo = verl_visual_sdpo.cli:main"],
        "verl.plugins": ["verl_visual_sdpo = verl_visual_sdpo.verl_plugin.register"],
    },
)
