namespace Mesh.Cli.Demo;

/// <summary>One delivery of data and the version it led to.</summary>
/// <param name="Name">What was delivered.</param>
/// <param name="Model"><c>NAME@VERSION</c>.</param>
/// <param name="Because">Why the rule fired.</param>
/// <param name="RecordingsSeen">Recordings the version has learnt from.</param>
/// <param name="HoldoutAccuracy">Share of the hold-out's windows it names rightly; null when the trainer did not say.</param>
/// <param name="State">State it is in at the end of the demo.</param>
/// <param name="StoppedBy">Reasons of the gates that stopped it.</param>
/// <param name="Variants">What it was compressed to.</param>
/// <param name="Handoff">What was handed over; null where it was not released.</param>
internal sealed record LifecycleRound(
    string Name, string Model, string Because, int RecordingsSeen, double? HoldoutAccuracy, string State, IReadOnlyList<string> StoppedBy,
    IReadOnlyList<LifecycleVariant> Variants, LifecycleHandoff? Handoff)
{
    /// <summary>Whether it was released.</summary>
    public bool Released => StoppedBy.Count == 0;
}
