namespace Mesh.Columnar.ArrowIpc.Format;

/// <summary>An encapsulated message (Message.fbs).</summary>
/// <param name="Kind">One of <see cref="ArrowFormat.Header"/>.</param>
/// <param name="Header">The schema, record batch or dictionary batch.</param>
/// <param name="Pairs">Custom metadata.</param>
/// <param name="Body">Its buffers.</param>
internal readonly record struct ArrowMessage(byte Kind, FlatTable Header, FlatTable[] Pairs, ReadOnlyMemory<byte> Body);
