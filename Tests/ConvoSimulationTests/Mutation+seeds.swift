extension Mutation {
    /// The seed with which each mistake was found last, as the test prints it. It is tried first, since most mistakes are found with it
    /// again; a change of the engine or of the scenarios may move some, and then all seeds are tried.
    static let lastSeeds: [String: UInt64] = [
        "asks for more than a page may hold": 1,
        "does not back off": 3,
        "drops at once what one history leaves out": 11,
        "lets one history that cannot be read end the pull": 8,
        "lets pull and push each find out by itself that nothing works": 4,
        "moves the cursor past what it has not read": 4,
        "never fetches a history twice": 4,
        "never looks for what is missing": 5,
        "reads the first page only": 3,
        "takes a page that it knows for unchanged": 3,
        "takes what a sweep did not see for deleted": 4,
        "throws away what the server has deleted": 10,
        "tries with a turn whether the server is there again": 7,
        "waits for as long as the server asks": 10,
    ]
}
