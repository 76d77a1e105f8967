namespace Mesh.Commands.EventLog;

/// <summary>All topics.</summary>
/// <param name="Topics">By name.</param>
/// <param name="RatesAt">When their rates were measured; null when they were not.</param>
public sealed record TopicList(IReadOnlyList<TopicRow> Topics, DateTimeOffset? RatesAt);
