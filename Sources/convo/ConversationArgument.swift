import ArgumentParser

/// Which conversation.
struct ConversationArgument: ParsableArguments {
    @Argument(help: "Its local id or its id on the server, or a beginning of one that no other shares.")
    var conversation: String
}
