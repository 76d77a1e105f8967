using Mesh.Lakehouse.Iceberg.Metadata;

namespace Mesh.Lakehouse.Iceberg.Updates;

/// <summary>What must hold for a commit to be made (Iceberg REST specification, <c>TableRequirement</c>).</summary>
internal abstract record TableRequirement
{
    /// <summary>What is otherwise, in words; null when it holds.</summary>
    /// <param name="current">The table as it is; null when there is none.</param>
    public abstract string? Violation(TableMetadata? current);

    private protected static string? Expect<T>(string what, T expected, T actual) =>
        EqualityComparer<T>.Default.Equals(expected, actual) ? null : $"{what} is {(object?)actual ?? "none"}, expected {(object?)expected ?? "none"}";
}

/// <summary>There is no such table.</summary>
internal sealed record AssertCreate : TableRequirement
{
    public override string? Violation(TableMetadata? current) => current is null ? null : "the table exists already";
}

/// <summary>A requirement of a table that exists.</summary>
internal abstract record ExistingTableRequirement : TableRequirement
{
    public sealed override string? Violation(TableMetadata? current) => current is null ? "there is no such table" : ViolationOf(current);

    private protected abstract string? ViolationOf(TableMetadata current);
}

/// <summary>It is that table and not another of its name.</summary>
internal sealed record AssertTableUuid(Guid Uuid) : ExistingTableRequirement
{
    private protected override string? ViolationOf(TableMetadata current) => Expect("the table's UUID", Uuid, current.TableUuid);
}

/// <summary>A branch or tag points to a snapshot; null: it does not exist.</summary>
internal sealed record AssertRefSnapshotId(string Ref, long? SnapshotId) : ExistingTableRequirement
{
    private protected override string? ViolationOf(TableMetadata current) =>
        Expect($"the snapshot of '{Ref}'", SnapshotId, current.Refs.TryGetValue(Ref, out var reference) ? reference.SnapshotId : null);
}

/// <summary>The highest column id.</summary>
internal sealed record AssertLastAssignedFieldId(int LastAssignedFieldId) : ExistingTableRequirement
{
    private protected override string? ViolationOf(TableMetadata current) => Expect("the last column id", LastAssignedFieldId, current.LastColumnId);
}

/// <summary>The current schema.</summary>
internal sealed record AssertCurrentSchemaId(int CurrentSchemaId) : ExistingTableRequirement
{
    private protected override string? ViolationOf(TableMetadata current) => Expect("the current schema id", CurrentSchemaId, current.CurrentSchemaId);
}

/// <summary>The highest partition field id.</summary>
internal sealed record AssertLastAssignedPartitionId(int LastAssignedPartitionId) : ExistingTableRequirement
{
    private protected override string? ViolationOf(TableMetadata current) => Expect("the last partition id", LastAssignedPartitionId, current.LastPartitionId);
}

/// <summary>The spec of new files.</summary>
internal sealed record AssertDefaultSpecId(int DefaultSpecId) : ExistingTableRequirement
{
    private protected override string? ViolationOf(TableMetadata current) => Expect("the default spec id", DefaultSpecId, current.DefaultSpecId);
}

/// <summary>The sort order of new files.</summary>
internal sealed record AssertDefaultSortOrderId(int DefaultSortOrderId) : ExistingTableRequirement
{
    private protected override string? ViolationOf(TableMetadata current) => Expect("the default sort order id", DefaultSortOrderId, current.DefaultSortOrderId);
}
