namespace Mesh.Broker.Registry;

/// <summary>Which earlier versions a new one is held against, and in which direction.</summary>
/// <param name="Name">As it is set and answered.</param>
/// <param name="IsBackward">Whether the new schema must read what the old ones wrote.</param>
/// <param name="IsForward">Whether the old schemas must read what the new one writes.</param>
/// <param name="IsTransitive">Whether all versions are held against, not the latest alone.</param>
internal sealed record CompatibilityLevel(string Name, bool IsBackward, bool IsForward, bool IsTransitive)
{
    public static readonly CompatibilityLevel Backward = new("BACKWARD", true, false, false);

    private static readonly CompatibilityLevel[] All =
    [
        new("NONE", false, false, false),
        Backward,
        new("BACKWARD_TRANSITIVE", true, false, true),
        new("FORWARD", false, true, false),
        new("FORWARD_TRANSITIVE", false, true, true),
        new("FULL", true, true, false),
        new("FULL_TRANSITIVE", true, true, true),
    ];

    public static CompatibilityLevel? Find(string? name) => All.FirstOrDefault(level => string.Equals(level.Name, name, StringComparison.OrdinalIgnoreCase));

    /// <summary>Why a schema may not follow the earlier ones, in the order of the original's messages; empty when it may.</summary>
    /// <param name="schema">The new schema.</param>
    /// <param name="type">Its type.</param>
    /// <param name="earlier">Versions before it, oldest first.</param>
    public IReadOnlyList<string> Check(ParsedSchema schema, string type, IReadOnlyList<StoredSchema> earlier)
    {
        if (!IsBackward && !IsForward) return [];
        for (int i = earlier.Count - 1; i >= (IsTransitive ? 0 : Math.Max(0, earlier.Count - 1)); i--)
        {
            var old = earlier[i];
            List<string> messages = [];
            if (old.Version.Type != type) messages.Add("Incompatible because of different schema type");
            else if (old.Parsed is not { } parsed) messages.Add($"Version {old.Version.Version} cannot be read here, so nothing can be compared with it");
            else
            {
                if (IsBackward) messages.AddRange(schema.CannotRead(parsed).Select(each => each.Message("new", "old")));
                if (IsForward) messages.AddRange(parsed.CannotRead(schema).Select(each => each.Message("old", "new")));
            }

            if (messages.Count == 0) continue;
            messages.Add($"{{oldSchemaVersion: {old.Version.Version}}}");
            messages.Add($"{{oldSchema: '{old.Version.Schema}'}}");
            messages.Add($"{{compatibility: '{Name}'}}");
            return messages;
        }

        return [];
    }
}
