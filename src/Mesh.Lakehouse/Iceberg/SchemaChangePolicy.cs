namespace Mesh.Lakehouse.Iceberg;

/// <summary>What may happen to a table when messages come with another schema.</summary>
public enum SchemaChangePolicy
{
    /// <summary>Add columns, widen int to long and float to double; anything else is refused.</summary>
    Evolve,
    /// <summary>Only what readers of the old schema do not notice: new nullable columns at the end.</summary>
    Compatible,
    /// <summary>Any difference is refused.</summary>
    Refuse,
}
