using Mesh.Model;

namespace Mesh.Commands.Inspect;

/// <summary>What is in a recording.</summary>
public sealed record RecordingReport(
    string File, long SizeBytes, long Messages, string? StartTime, string? EndTime, double? DurationSeconds,
    IReadOnlyList<ChannelReport> Channels, IReadOnlyList<DataLoss> Losses);
