using Mesh.Formats;
using Mesh.Model;

namespace Mesh.Commands.Inspect;

/// <summary>What is in a recording.</summary>
/// <param name="File">Path.</param>
/// <param name="SizeBytes">Size.</param>
/// <param name="Format">Format and version.</param>
/// <param name="FromIndex">Whether this comes from the recording's own index; otherwise every message was read.</param>
/// <param name="Messages">Number of messages.</param>
/// <param name="StartTime">Earliest log time, ISO 8601.</param>
/// <param name="EndTime">Latest log time, ISO 8601.</param>
/// <param name="DurationSeconds">Between the two.</param>
/// <param name="Channels">Channels by topic.</param>
/// <param name="Attachments">Files in the recording.</param>
/// <param name="Events">Marks on its time line.</param>
/// <param name="Metadata">Named key-value pairs.</param>
/// <param name="Losses">Damage met; an index-only look meets only what opening needs.</param>
public sealed record RecordingReport(
    string File, long SizeBytes, string Format, bool FromIndex, long Messages, string? StartTime, string? EndTime, double? DurationSeconds,
    IReadOnlyList<ChannelReport> Channels, IReadOnlyList<RecordingAttachment> Attachments, IReadOnlyList<RecordingEvent> Events, IReadOnlyList<RecordingMetadata> Metadata,
    IReadOnlyList<DataLoss> Losses);
