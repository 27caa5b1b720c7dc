import ConvoAPI
import ConvoModel
import ConvoSimulation

/// Mistakes about what an answer proves.
extension Mutation {
    static let reading: [Mutation] = [
        .misreading("trusts any 404", breaks: [.falseDeletion, .falseState], needs: [.foreignAnswers]) { error in
            error.kind == .notTheAPI(status: 404)
                ? error.taken(for: .status(404), effect: APIError.Effect.none) : error
        },
        .misreading(
            "takes the 302 or 403 of others for a refusal", breaks: [.falseState, .stubborn], needs: [.foreignAnswers]
        ) { error in
            switch error.kind {
            case .notTheAPI(status: 302), .notTheAPI(status: 403):
                error.taken(for: .status(403), effect: APIError.Effect.none)
            default: error
            }
        },
        .misreading(
            "takes what others answer for nothing done", breaks: [.blindResend, .repeatedWrite],
            needs: [.foreignAnswers]
        ) { error in error.isNotTheAPI ? error.taken(for: error.kind, effect: APIError.Effect.none) : error },
        Mutation("takes a deletion for done on any success", breaks: [.falseState], needs: [.foreignAnswers]).with {
            $0.client.isDeleted = { $0.kind == .notTheAPI(status: 200) }
        },
        .misreading(
            "takes a wrong base URL for a missing conversation", breaks: [.falseDeletion], needs: [.noRoute]
        ) { error in error.kind == .noRoute ? error.taken(for: .status(404)) : error },
        .misreading(
            "takes a conversation that may not be read for a deleted one", breaks: [.falseDeletion],
            needs: [.disappearance]
        ) { error in error.kind == .status(403) ? error.taken(for: .status(404)) : error },
        .misreading("waits for a model that is not in the plan", breaks: [.stubborn], needs: [.refusedTurns]) { error in
            error.kind == .notInPlan ? error.taken(for: .status(503)) : error
        },
        .misreading(
            "does not heed how long the server asks to wait", breaks: [.impatient], needs: [.longRetryAfter]
        ) { error in
            APIError(error.kind, effect: error.effect, message: error.message, serverCode: error.serverCode)
        },
        Mutation("lets one odd entry keep the whole history out", breaks: [.mirrorDiffers], needs: [.oddItems]).with {
            $0.client.history = { history throws(APIError) in
                if !history.oddItems.isEmpty {
                    throw APIError(.notTheAPI(status: 200), effect: .none, message: "an odd entry")
                }
            }
        },
        Mutation("lets one odd row keep the whole page out", breaks: [.mirrorDiffers], needs: [.oddItems]).with {
            $0.client.page = { page throws(APIError) in
                if !page.oddItems.isEmpty {
                    throw APIError(.notTheAPI(status: 200), effect: .none, message: "an odd row")
                }
            }
        },
    ]
}
