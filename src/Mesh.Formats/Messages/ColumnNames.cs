namespace Mesh.Formats.Messages;

/// <summary>
/// Names of sibling columns. Query engines fold case, so a name that differs from an earlier sibling in case alone gets the suffix <c>_</c>,
/// as fields that collide with system columns do.
/// </summary>
internal sealed class ColumnNames
{
    private readonly HashSet<string> taken = new(StringComparer.OrdinalIgnoreCase);

    public string Claim(string name)
    {
        while (!taken.Add(name)) name += "_";
        return name;
    }
}
