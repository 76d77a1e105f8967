namespace Mesh.Formats.Mcap;

/// <summary>What a recording says about itself at its end (specification, "Summary Section"); claims, not facts.</summary>
public sealed class McapSummary
{
    /// <summary>Counts; null when the writer wrote none.</summary>
    public McapStatistics? Statistics { get; internal set; }

    /// <summary>Schemas by id.</summary>
    public IReadOnlyDictionary<ushort, MessageSchema> Schemas { get; internal set; } = new Dictionary<ushort, MessageSchema>();

    /// <summary>Chunks in the order of the file.</summary>
    public IReadOnlyList<McapChunkIndex> ChunkIndexes => Chunks;

    /// <summary>Attachments.</summary>
    public IReadOnlyList<McapAttachmentIndex> AttachmentIndexes => Attachments;

    /// <summary>Metadata records.</summary>
    public IReadOnlyList<McapMetadataIndex> MetadataIndexes => Metadata;

    /// <summary>Byte position of the section.</summary>
    internal long Start { get; init; }

    internal List<McapChunkIndex> Chunks { get; } = [];

    internal List<McapAttachmentIndex> Attachments { get; } = [];

    internal List<McapMetadataIndex> Metadata { get; } = [];
}
