using Mesh.Formats;

namespace Mesh.Commands.Recordings;

/// <summary>Statistics of a recording.</summary>
/// <param name="File">The recording.</param>
/// <param name="Messages">Messages read.</param>
/// <param name="Columns">The columns, nested ones by path; lists, text and bytes are only counted.</param>
/// <param name="Undecoded">Messages that could not be decoded.</param>
/// <param name="Losses">Damage.</param>
public sealed record StatisticsReport(
    string File, long Messages, IReadOnlyList<ColumnStatistics> Columns, IReadOnlyList<UndecodedMessages> Undecoded, IReadOnlyList<InputLoss> Losses);
