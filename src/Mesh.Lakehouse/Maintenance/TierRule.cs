namespace Mesh.Lakehouse.Maintenance;

/// <summary>When files of a table move to a colder storage class.</summary>
/// <param name="After">Age of the newest row in a file (by <c>log_time</c>; without such a column, of its commit) from which it moves.</param>
/// <param name="Class">Storage class as the object store names it: <c>STANDARD_IA</c>, <c>GLACIER_IR</c>.</param>
/// <param name="Unread">Time for which Mesh must not have served a read of the table; zero when reads do not matter.</param>
public sealed record TierRule(TimeSpan After, string Class, TimeSpan Unread);
