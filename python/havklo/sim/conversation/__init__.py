"""What a connection asks for, and the answers it gets."""

from havklo.sim.conversation.conversation import Conversation
from havklo.sim.conversation.services import Services
from havklo.sim.conversation.streams import Streams

__all__ = ["Conversation", "Services", "Streams"]
