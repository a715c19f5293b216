// SPDX-License-Identifier: Apache-2.0
import FuzzEntries

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The symbol that libFuzzer's own objects refer to; the entry itself comes with the driver's call.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    Fuzz.entry.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
    return 0
}

@_silgen_name("LLVMFuzzerRunDriver")
func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// `SPOCKEX_FUZZ_ENTRY=FuzzOffer Fuzz [libFuzzer's arguments]`; with `SPOCKEX_FUZZ_SEEDS=DIR` it
/// writes the entry's seeds there instead.
@main struct Fuzz {
    static let entry: FuzzEntry = {
        let name = getenv("SPOCKEX_FUZZ_ENTRY").map { String(cString: $0) } ?? ""
        guard let entry = FuzzEntry(rawValue: name) else {
            preconditionFailure(
                "SPOCKEX_FUZZ_ENTRY is one of \(FuzzEntry.allCases.map(\.rawValue))")
        }
        return entry
    }()

    static func main() {
        if let directory = getenv("SPOCKEX_FUZZ_SEEDS").map({ String(cString: $0) }) {
            for (number, seed) in Self.entry.seeds.enumerated() {
                guard let file = fopen("\(directory)/seed-\(number)", "wb") else {
                    preconditionFailure("the folder of the seeds can be written")
                }
                _ = seed.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, file) }
                fclose(file)
            }
            return
        }
        var count = CommandLine.argc
        var arguments = CommandLine.unsafeArgv
        exit(runDriver(&count, &arguments) { fuzzOneInput($0, $1) })
    }
}
