"""Open and save photos, with their colours and everything that came with them."""

from fluxroom.photo.color import ColorProfile
from fluxroom.photo.decoded import MAX_PIXELS
from fluxroom.photo.open import Glimpse, glimpse, open_photo
from fluxroom.photo.photo import Encoding, Metadata, Photo
from fluxroom.photo.save import Difference, free_name, save_photo, saved_difference

__all__ = [
    "ColorProfile",
    "Difference",
    "Encoding",
    "Glimpse",
    "MAX_PIXELS",
    "Metadata",
    "Photo",
    "free_name",
    "glimpse",
    "open_photo",
    "save_photo",
    "saved_difference",
]
