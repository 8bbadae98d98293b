"""What the bench's pages say."""

from __future__ import annotations

import random

NAMES = ("Alder & Sons", "Bright Harbour", "Copperfield", "Delta Works", "Elm House", "Ferndale Foods", "Greyling")
CITIES = ("Oslo", "Lisbon", "Bergen", "Ghent", "Turin", "Malmo", "Cork", "Porto")
PEOPLE = ("Ana Costa", "Ben Okafor", "Clara Lund", "Dev Patel", "Emil Novak", "Farah Aziz", "Greta Holm")
MENU = ("Products", "Company", "Journal", "Support", "Careers", "Contact", "Events", "Library")
PLANS = ("Starter", "Studio", "Business", "Enterprise")
CALLS = ("Get started", "Book a visit", "Read more", "Try it for free", "See all offers")
FIELDS = ("Full name", "E-mail address", "Company", "Telephone", "Postal code")
THINGS = (
    "Oak table",
    "Wool blanket",
    "Brass lamp",
    "Linen shirt",
    "Clay bowl",
    "River view",
    "Old harbour",
    "Glass jar",
)
SUBJECTS = (
    "Our workshop",
    "The harbour office",
    "Every team",
    "A small crew",
    "The new library",
    "This season's range",
)
VERBS = ("prepares", "repairs", "delivers", "collects", "describes", "supports", "improves")
OBJECTS = ("handmade furniture", "regional recipes", "long train journeys", "careful reports", "quiet machines")
ENDS = (
    "for people in the neighbourhood",
    "before the winter comes",
    "with a great deal of patience",
    "every single week",
    "in close contact with its customers",
    "at a price that is fair",
)
TITLE = (
    "quiet",
    "work",
    "harbour",
    "garden",
    "slow",
    "letters",
    "from",
    "morning",
    "city",
    "winter",
    "paper",
    "stories",
)


def prose(rng: random.Random, sentences: int) -> str:
    return " ".join(
        f"{rng.choice(SUBJECTS)} {rng.choice(VERBS)} {rng.choice(OBJECTS)} {rng.choice(ENDS)}."
        for _ in range(sentences)
    )


def title(rng: random.Random, count: int = 4) -> str:
    return " ".join(rng.sample(TITLE, count)).capitalize()
