namespace Mesh.Broker.Registry;

/// <summary>A version as the registry keeps it; its text is read when it is first compared.</summary>
internal sealed class StoredSchema(SubjectVersion version, bool isDeleted, SchemaStore store)
{
    private readonly Lazy<ParsedSchema?> parsed = new(() => Parse(version, store));

    public SubjectVersion Version { get; } = version;

    public bool IsDeleted { get; } = isDeleted;

    /// <summary>Null when the text, which another registry may have accepted, cannot be read here.</summary>
    public ParsedSchema? Parsed => parsed.Value;

    public SubjectVersion Answer => IsDeleted ? Version with { Deleted = true } : Version;

    private static ParsedSchema? Parse(SubjectVersion version, SchemaStore store)
    {
        try
        {
            return SchemaParser.Parse(version.Type, version.Schema, store.Referenced(version.References ?? []));
        }
        catch (Exception exception) when (exception is SchemaFormatException or RegistryException)
        {
            return null;
        }
    }
}
