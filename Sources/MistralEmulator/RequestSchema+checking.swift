import ConvoJSON
import ConvoModel

extension RequestSchema {
    /// The largest number of issues in an answer, so that a hostile body cannot make the answer much larger than
    /// itself.
    static let issueLimit = 50

    typealias Location = [ValidationIssue.Step]

    /// Checks a value; at ``issueLimit`` issues the check of an array's elements or an object's extra members ends.
    ///
    /// - Parameters:
    ///   - value: the value to check.
    ///   - location: the path to the value, as an issue's `loc` has it.
    /// - Returns: everything that is wrong; empty where the value has the schema's form.
    func issues(in value: JSONText, at location: Location) -> [ValidationIssue] {
        switch self {
        case .string: value.kind == .string ? [] : [value.isNo("string", "string", location)]
        case .boolean: value.kind == .bool ? [] : [value.isNo("bool", "boolean", location)]
        case .integer(let minimum): integerIssues(value, minimum, location)
        case .number(let range): numberIssues(value, range, location)
        case .choice(let choices): choiceIssues(value, choices, location)
        case .array(let element, let minimum): arrayIssues(value, element, minimum, location)
        case .dictionary: value.kind == .object ? [] : [value.isNo("dict", "dictionary", location)]
        case .object(let object): object.issues(in: value, at: location)
        case .nullable(let schema): value.isNull ? [] : schema.issues(in: value, at: location)
        case .union(let members): unionIssues(value, members, location)
        case .tagged(let members, let needsTag): taggedIssues(value, members, needsTag, location)
        }
    }

    private func integerIssues(_ value: JSONText, _ minimum: Int?, _ location: Location) -> [ValidationIssue] {
        guard value.kind == .number, value.int != nil else { return [value.isNo("int", "integer", location)] }
        guard let minimum, let number = value.int, number < minimum else { return [] }
        return [
            value.isOut("greater_than_equal", "greater than or equal to \(minimum)", ("ge", .int(minimum)), location)
        ]
    }

    private func numberIssues(
        _ value: JSONText, _ range: ClosedRange<Double>?, _ location: Location
    ) -> [ValidationIssue] {
        guard let number = value.double else { return [value.isNo("float", "number", location)] }
        guard let range, !range.contains(number) else { return [] }
        let (low, high) = (Int(range.lowerBound), Int(range.upperBound))
        return number < range.lowerBound
            ? [value.isOut("greater_than_equal", "greater than or equal to \(low)", ("ge", .int(low)), location)]
            : [value.isOut("less_than_equal", "less than or equal to \(high)", ("le", .int(high)), location)]
    }

    private func choiceIssues(_ value: JSONText, _ choices: [String], _ location: Location) -> [ValidationIssue] {
        if let string = value.string, choices.contains(string) { return [] }
        let quoted = choices.map { "'\($0)'" }
        let last = quoted.last ?? ""
        let expected = quoted.count > 1 ? quoted.dropLast().joined(separator: ", ") + " or " + last : last
        return [
            ValidationIssue(
                "literal_error", at: location, "Input should be \(expected)", input: value,
                context: .object(["expected": .string(expected)]))
        ]
    }

    private func arrayIssues(
        _ value: JSONText, _ element: RequestSchema, _ minimum: Int, _ location: Location
    ) -> [ValidationIssue] {
        guard value.kind == .array else { return [value.isNo("list", "list", location)] }
        let elements = value.elements
        guard elements.count >= minimum else {
            return [
                ValidationIssue(
                    "too_short", at: location,
                    "List should have at least \(minimum) item after validation, not \(elements.count)", input: value,
                    context: .object([
                        "field_type": .string("List"), "min_length": .int(minimum),
                        "actual_length": .int(elements.count),
                    ]))
            ]
        }
        var issues: [ValidationIssue] = []
        for (index, item) in elements.enumerated() where issues.count < RequestSchema.issueLimit {
            issues += element.issues(in: item, at: location + [.index(index)])
        }
        return issues
    }

    private func unionIssues(
        _ value: JSONText, _ members: [(name: String, schema: RequestSchema)], _ location: Location
    ) -> [ValidationIssue] {
        var issues: [ValidationIssue] = []
        for member in members {
            let found = member.schema.issues(in: value, at: location + [.name(member.name)])
            if found.isEmpty { return [] }
            issues += found
        }
        return issues
    }

    private func taggedIssues(
        _ value: JSONText, _ members: [(tag: String, object: Object)], _ needsTag: Bool, _ location: Location
    ) -> [ValidationIssue] {
        guard value.kind == .object, let type = value["type"] else {
            guard !needsTag else {
                return [
                    ValidationIssue(
                        "union_tag_not_found", at: location, "Unable to extract tag using discriminator 'type'",
                        input: value, context: .object(["discriminator": .string("'type'")]))
                ]
            }
            return unionIssues(value, members.map { ($0.object.name, .object($0.object)) }, location)
        }
        if let member = members.first(where: { $0.tag == type.string }) {
            return member.object.issues(in: value, at: location + [.name(member.object.name)])
        }
        let tags = members.map { "'\($0.tag)'" }.joined(separator: ", ")
        let given = type.string ?? type.text
        return [
            ValidationIssue(
                "union_tag_invalid", at: location,
                "Input tag '\(given)' found using 'type' does not match any of the expected tags: \(tags)",
                input: value,
                context: .object([
                    "discriminator": .string("'type'"), "tag": .string(given), "expected_tags": .string(tags),
                ]))
        ]
    }
}

extension RequestSchema.Object {
    func issues(in value: JSONText, at location: RequestSchema.Location) -> [ValidationIssue] {
        guard value.kind == .object else {
            return [
                ValidationIssue(
                    "model_attributes_type", at: location,
                    "Input should be a valid dictionary or object to extract fields from", input: value)
            ]
        }
        let members = value.members
        var issues: [ValidationIssue] = []
        for field in fields {
            if let member = members.first(where: { $0.key == field.name })?.value {
                issues += field.schema.issues(in: member, at: location + [.name(field.name)])
            } else if field.isRequired {
                issues.append(
                    ValidationIssue("missing", at: location + [.name(field.name)], "Field required", input: value))
            }
        }
        guard !allowsExtra else { return issues }
        for (key, member) in members where !fields.contains(where: { $0.name == key }) {
            guard issues.count < RequestSchema.issueLimit else { break }
            issues.append(
                ValidationIssue(
                    "extra_forbidden", at: location + [.name(key)], "Extra inputs are not permitted", input: member))
        }
        return issues
    }
}

extension JSONText {
    fileprivate func isNo(_ type: String, _ name: String, _ location: RequestSchema.Location) -> ValidationIssue {
        ValidationIssue(type + "_type", at: location, "Input should be a valid \(name)", input: self)
    }

    fileprivate func isOut(
        _ type: String, _ bound: String, _ context: (String, JSONText), _ location: RequestSchema.Location
    ) -> ValidationIssue {
        ValidationIssue(
            type, at: location, "Input should be \(bound)", input: self, context: .object([(context.0, context.1)]))
    }
}
