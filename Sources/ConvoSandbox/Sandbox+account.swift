public import ConvoModel
public import ConvoServer

/// Whose key it is, and the files that the model made for its user.
extension Sandbox {
    public func getUser(_ principal: Principal) async throws(ServiceError) -> JSONText {
        let plan = try await begin(.getUser)
        if let refusal = switches.userAnswer.refusal { throw refusal }
        // There is no user behind a service account's key.
        if principal.isServiceAccount { throw .forbidden }
        return try plan.delivered(identity(principal).user)
    }

    public func whoAmI(_ principal: Principal) async throws(ServiceError) -> JSONText {
        let plan = try await begin(.whoAmI)
        if let refusal = switches.whoAmIAnswer.refusal { throw refusal }
        return try plan.delivered(identity(principal).whoAmI)
    }

    private func identity(_ principal: Principal) -> Identity {
        Identity(principal: principal, isWhole: switches.identityParts == .all)
    }

    public func downloadFile(
        _ id: String, by principal: Principal = Principal()
    ) async throws(ServiceError) -> [UInt8] {
        let plan = try await begin(.downloadFile)
        let file = try findFile(id, principal)
        if file.kind == .table, switches.codeFile == .failed {
            throw .business(500, code: 3000, "Internal server error")
        }
        return try plan.delivered(file.bytes)
    }

    public func getSignedURL(
        of id: String, hours: Int, by principal: Principal = Principal()
    ) async throws(ServiceError) -> JSONText {
        let plan = try await begin(.getSignedURL)
        let file = try findFile(id, principal)
        let url = signer.url(of: file.id, expiry: Sandbox.seconds + Int64(hours) * 3600)
        return try plan.delivered(.object(["url": .string(url)]))
    }

    public func deleteFile(_ id: String, by principal: Principal = Principal()) async throws(ServiceError) -> JSONText {
        let plan = try await begin(.deleteFile)
        let file = try findFile(id, principal)
        try apply(.removeFile(id: file.id))
        return try plan.delivered(
            .object(["id": .string(file.id), "object": .string("file"), "deleted": .bool(true)]))
    }

    /// The file behind a signed URL, `nil` where the signature is not, or no longer, good.
    func file(_ id: String, expiry: Int64, signature: String) -> StoredFile? {
        signer.accepts(signature, of: id, expiry: expiry, at: Sandbox.seconds) ? library.files[id] : nil
    }

    var fileMaker: FileMaker {
        FileMaker(
            signer: signer, expiry: Sandbox.seconds + Int64(switches.signedURLSeconds), imageChunk: switches.imageChunk)
    }

    private func findFile(_ id: String, _ principal: Principal) throws(ServiceError) -> StoredFile {
        guard let file = library.files[id], switches.shows(file.owner, to: principal) else {
            throw .answer(
                status: 404,
                .gateway(
                    message: "No file matches the given query.", type: "invalid_request_error", code: "3000",
                    rawStatus: 404))
        }
        return file
    }

    /// Since 1970.
    private static var seconds: Int64 { WallClock.microseconds() / 1_000_000 }
}

extension Switches.IdentityAnswer {
    fileprivate var refusal: ServiceError? {
        switch self {
        case .given: nil
        case .unauthorized: .answer(status: 401, .router(message: "Unauthorized"))
        case .forbidden: .answer(status: 403, .detail("Forbidden"))
        case .notFound: .noRoute
        }
    }
}
