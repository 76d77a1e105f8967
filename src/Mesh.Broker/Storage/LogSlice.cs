namespace Mesh.Broker.Storage;

/// <summary>Whole batches of a partition.</summary>
/// <param name="Region">Where they are; its length is 0 when there are none, and then there is nothing to release.</param>
/// <param name="NextOffset">Offset after them.</param>
internal readonly record struct LogSlice(FileRegion Region, long NextOffset);
