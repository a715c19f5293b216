// SPDX-License-Identifier: Apache-2.0

extension Constants {
    /// Who leaves waits so long for somebody's word that it was heard.
    public static let leavePatience = Duration.seconds(10)
    /// And so long after the first one's word for that of the others.
    public static let leaveExtra = Duration.seconds(3)
    /// Who left is answered until it was not heard for so long.
    public static let leaverLife = Duration.seconds(7 * 86_400)
    /// Whoever is not heard for 30 days is given up so long after the start of the program, at the earliest.
    public static let unheardMin = Duration.seconds(3_600)
    /// Who leaves before the records say that it is a member waits so long for these.
    public static let leaveJoiningPatience = Duration.seconds(60)
}
