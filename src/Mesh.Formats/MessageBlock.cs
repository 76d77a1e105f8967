namespace Mesh.Formats;

/// <summary>A run of messages in one piece of memory, in file order.</summary>
public sealed class MessageBlock
{
    /// <summary>The bytes that <see cref="MessageRef.Offset"/> counts in.</summary>
    public ReadOnlyMemory<byte> Data { get; set; }

    /// <summary>The messages.</summary>
    public ReadOnlyMemory<MessageRef> Messages { get; set; }

    /// <summary>Bytes of one message.</summary>
    public ReadOnlySpan<byte> this[in MessageRef message] => Data.Span.Slice(message.Offset, message.Length);
}
