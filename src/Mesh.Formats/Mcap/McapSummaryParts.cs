namespace Mesh.Formats.Mcap;

/// <summary>What a writer adds so that readers need not read everything. All of it is optional by the specification.</summary>
[Flags]
public enum McapSummaryParts
{
    /// <summary>Nothing: a file that can only be read forward.</summary>
    None = 0,
    /// <summary>Message Index records after each chunk.</summary>
    MessageIndexes = 1,
    /// <summary>Chunk Index records.</summary>
    ChunkIndexes = 2,
    /// <summary>Attachment Index records.</summary>
    AttachmentIndexes = 4,
    /// <summary>Metadata Index records.</summary>
    MetadataIndexes = 8,
    /// <summary>The Statistics record.</summary>
    Statistics = 16,
    /// <summary>Schemas once more in the summary.</summary>
    Schemas = 32,
    /// <summary>Channels once more in the summary.</summary>
    Channels = 64,
    /// <summary>Summary Offset records.</summary>
    SummaryOffsets = 128,
    /// <summary>Everything.</summary>
    All = 255,
}
