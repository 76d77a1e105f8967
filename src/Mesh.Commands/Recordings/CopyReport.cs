using Mesh.Formats;
using Mesh.Model;

namespace Mesh.Commands.Recordings;

/// <summary>The account of a copy: every message read is written or undecoded, every damaged place is listed.</summary>
/// <param name="Outputs">Files written.</param>
/// <param name="MessagesRead">Messages that the inputs gave.</param>
/// <param name="MessagesWritten">Messages or rows written.</param>
/// <param name="Undecoded">Messages that could not be turned into the output's form.</param>
/// <param name="Losses">Damage of the inputs.</param>
/// <param name="Notes">What the output format has no room for.</param>
public sealed record CopyReport(
    IReadOnlyList<OutputReport> Outputs, long MessagesRead, long MessagesWritten, IReadOnlyList<UndecodedMessages> Undecoded, IReadOnlyList<InputLoss> Losses,
    IReadOnlyList<string> Notes)
{
    /// <summary>Whether anything of the inputs is not in the outputs.</summary>
    public bool HasLoss => Losses.Count > 0 || Undecoded.Count > 0;
}
