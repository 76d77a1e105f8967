namespace Mesh.Formats.RosBag;

/// <summary>Kinds of records (format 2.0, "op").</summary>
internal enum Ros1BagOp : byte
{
    /// <summary>None that the format knows, or fields that the kind requires are missing.</summary>
    Unknown = 0,

    Message = 0x02,

    BagHeader = 0x03,

    IndexData = 0x04,

    Chunk = 0x05,

    ChunkInfo = 0x06,

    Connection = 0x07,
}
