import Configuration
import Foundation

/// Where settings come from, the strongest first: command line, environment, secret files, JSON file.
///
/// What an operator misspelt would otherwise silently be a default, so unknown names are faults.
struct SettingSources {
    var commandLine: [Setting: String] = [:]
    var environment: [String: String] = [:]
    /// Path of the JSON file; `AUTH_CONFIG` where the command line has none.
    var configFile: String?
    /// Path of the folder with a file a secret; `AUTH_SECRETS_DIRECTORY` where the command line has none.
    var secretsDirectory: String?

    /// Reads every source once.
    ///
    /// Faults of the sources themselves are in the reader, beside those it will find in the values.
    func reader() -> SettingReader {
        var faults: [ConfigurationFaults.Fault] = []
        // Where a value stands in a file of its own, by the strongest source that has it.
        var files: [Setting: String] = [:]
        let layers = [
            ("command line", commandLine),
            ("environment", fromEnvironment(&faults, &files)),
            ("secret file", fromSecretFiles(&faults, &files)),
            ("JSON file", fromJSONFile(&faults)),
        ]
        return SettingReader(layers: layers, files: files, faults: faults)
    }

    private func fromEnvironment(
        _ faults: inout [ConfigurationFaults.Fault], _ files: inout [Setting: String]
    ) -> [Setting: String] {
        let settings = Dictionary(
            uniqueKeysWithValues: Setting.allCases.map { ($0.environmentName, $0) })
        let fileVariables = Dictionary(
            uniqueKeysWithValues: Setting.allCases.compactMap { setting in
                setting.fileVariable.map { ($0, setting) }
            })
        var values: [Setting: String] = [:]
        // Sorted, so that the same mistakes are always told in the same order.
        for (name, value) in environment.sorted(by: { $0.key < $1.key }) {
            guard name.hasPrefix("AUTH_"), !value.isEmpty else { continue }
            if let setting = settings[name] {
                values[setting] = value
            } else if let setting = fileVariables[name] {
                if environment[setting.environmentName]?.isEmpty == false {
                    faults.append(.init(name: name, problem: "is set beside the value itself"))
                } else if let content = Self.content(of: value) {
                    values[setting] = content
                    files[setting] = value
                } else {
                    faults.append(.init(name: name, problem: "names a file that cannot be read"))
                }
            } else if !OtherVariable.isKnown(name) {
                faults.append(.init(name: name, problem: "is not a setting"))
            }
        }
        return values
    }

    private func fromSecretFiles(
        _ faults: inout [ConfigurationFaults.Fault], _ files: inout [Setting: String]
    ) -> [Setting: String] {
        guard let path = secretsDirectory ?? given(OtherVariable.secretsDirectory) else {
            return [:]
        }
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory),
            isDirectory.boolValue
        else {
            faults.append(
                .init(name: OtherVariable.secretsDirectory, problem: "names no folder"))
            return [:]
        }
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
            faults.append(
                .init(name: OtherVariable.secretsDirectory, problem: "names an unreadable folder"))
            return [:]
        }
        var values: [Setting: String] = [:]
        // Orchestrators keep versions of their own beside the files, in names that begin with a dot.
        for name in names.sorted() where !name.hasPrefix(".") {
            let file = path + "/" + name
            guard FileManager.default.fileExists(atPath: file, isDirectory: &isDirectory),
                !isDirectory.boolValue
            else { continue }
            guard let setting = Setting(rawValue: name) else {
                faults.append(
                    .init(
                        name: "\(OtherVariable.secretsDirectory) \(name)",
                        problem: "is not a setting"))
                continue
            }
            guard let content = Self.content(of: file) else {
                faults.append(
                    .init(name: setting.environmentName, problem: "has a file that cannot be read"))
                continue
            }
            values[setting] = content
            if files[setting] == nil { files[setting] = file }
        }
        return values
    }

    private func fromJSONFile(_ faults: inout [ConfigurationFaults.Fault]) -> [Setting: String] {
        guard let path = configFile ?? given(OtherVariable.config) else { return [:] }
        guard let data = FileManager.default.contents(atPath: path),
            let object = try? JSONDecoder().decode([String: JSONSetting].self, from: data)
        else {
            faults.append(
                .init(name: OtherVariable.config, problem: "names no readable file with an object"))
            return [:]
        }
        var values: [Setting: String] = [:]
        for (name, value) in object.sorted(by: { $0.key < $1.key }) {
            guard let setting = Setting(rawValue: name) else {
                faults.append(
                    .init(name: "\(OtherVariable.config) \(name)", problem: "is not a setting"))
                continue
            }
            if let text = value.text {
                values[setting] = text
            } else {
                faults.append(
                    .init(name: setting.environmentName, problem: "is neither text nor a number"))
            }
        }
        return values
    }

    private func given(_ variable: String) -> String? {
        environment[variable].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Editors and `echo` end a file with a newline that belongs to no secret.
    private static func content(of path: String) -> String? {
        guard let data = FileManager.default.contents(atPath: path),
            let text = String(bytes: data, encoding: .utf8)
        else { return nil }
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

/// A member of the JSON file: text, or a whole number as text; nothing for all else.
private struct JSONSetting: Decodable {
    let text: String?

    init(from decoder: any Decoder) throws {
        let container = try? decoder.singleValueContainer()
        text =
            (try? container?.decode(String.self))
            ?? (try? container?.decode(Int.self)).map(String.init)
    }
}
