namespace Mesh.Commands.Replay;

/// <summary>Names that replays go by.</summary>
internal static class ReplayIds
{
    private const int Digits = 12;

    /// <summary>A new id.</summary>
    public static string Create(TimeProvider time) => Guid.CreateVersion7(time.GetUtcNow()).ToString("N")[^Digits..];

    /// <summary>
    /// What letters are marked with while a replay works on them. One replay may run one recording again as a whole and take messages of another
    /// run of it, so the two are told apart.
    /// </summary>
    public static string ClaimOf(string replayId, ReplayItemMode mode) => mode == ReplayItemMode.Messages ? replayId : $"{replayId}-run";

    /// <summary>What stands in the place of the topic in coordinates of what a replay reads.</summary>
    public static string SourceOf(string replayId) => "replay:" + replayId;
}
