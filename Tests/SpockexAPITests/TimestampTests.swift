// SPDX-License-Identifier: Apache-2.0
import SpockexAPI
import Testing

@Suite struct TimestampTests {
    // Figures of `date -u -d TEXT +%s`.
    @Test(arguments: [
        (Int64(0), "1970-01-01T00:00:00.000Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (1_795_426_200_250, "2026-11-23T09:30:00.250Z"),
        (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
        (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
    ])
    func writesAndReadsRFC3339(milliseconds: Int64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).description == text)
        #expect(Timestamp(text)?.milliseconds == milliseconds)
    }

    @Test func everyDayOfFourCenturiesComesBack() {
        for day in stride(from: Int64(-40_000), to: 110_000, by: 1) {
            let time = Timestamp(milliseconds: day * 86_400_000 + 43_200_000)
            #expect(Timestamp(time.description) == time)
        }
    }

    @Test(arguments: [
        "", "2026-11-23", "2026-11-23T09:30:00Z", "2026-11-23T09:30:00.250+00:00",
        "2026-13-01T00:00:00.000Z", "2026-02-30T00:00:00.000Z", "2026-11-23T24:00:00.000Z",
        "2026-11-23t09:30:00.250Z", "20a6-11-23T09:30:00.250Z", "2026-11-23T09:60:00.250Z",
    ])
    func refusesOtherForms(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test func staysWithinFourDigitsOfYears() {
        #expect(Timestamp(milliseconds: .max).description == "9999-12-31T23:59:59.999Z")
        #expect(Timestamp(milliseconds: .min).description == "0000-01-01T00:00:00.000Z")
    }
}
