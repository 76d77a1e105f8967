namespace Mesh.Catalogue.TopicFed;

/// <summary>A run of a topic's records of which a table gets its share.</summary>
/// <param name="Source">The partition, as <c>mesh.source-offsets</c> names it (<see cref="Kafka.TopicSource.Key"/>).</param>
/// <param name="TableOffset">The table's own offset as it was read; records below it were left out, for the table has them.</param>
/// <param name="NextOffset">Offset behind the run: the table's own offset once it is committed.</param>
public sealed record TopicSlice(string Source, long TableOffset, long NextOffset);
