namespace Mesh.Commands.Media.Timeline;

/// <summary>Density of a channel.</summary>
/// <param name="Channel">Name.</param>
/// <param name="Schema">Schema of its messages.</param>
/// <param name="Table">Table that has them.</param>
/// <param name="Messages">Messages that the table has now.</param>
/// <param name="PeriodSeconds">Median interval between messages; null where there are too few.</param>
/// <param name="Counts">Messages per column.</param>
public sealed record TimelineChannel(string Channel, string Schema, string Table, long Messages, double? PeriodSeconds, IReadOnlyList<int> Counts);
