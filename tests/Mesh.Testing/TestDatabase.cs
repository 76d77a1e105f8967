namespace Mesh.Testing;

/// <summary>Where a test keeps its metadata: as in the settings <c>catalogue.connection</c> and <c>catalogue.schema</c>.</summary>
/// <param name="Connection">Connection to PostgreSQL; empty for a SQLite file in the test's folder.</param>
/// <param name="Schema">Schema of this test alone; empty with SQLite.</param>
public sealed record TestDatabase(string Connection, string Schema)
{
    /// <summary>A SQLite file.</summary>
    public static TestDatabase Sqlite { get; } = new("", "");

    /// <summary>A schema of its own on the test process's PostgreSQL server. Skipped when PostgreSQL is not installed.</summary>
    public static TestDatabase Postgres() => new(PostgresServer.Shared.Connection, $"t{Guid.NewGuid():N}");
}
