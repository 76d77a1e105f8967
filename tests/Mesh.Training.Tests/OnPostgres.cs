using Mesh.Testing;

namespace Mesh.Training.Tests;

// The tests of whatever keeps its state in the database, once more on PostgreSQL.

public sealed class JobRunnerOnPostgres() : JobRunnerTests(TestDatabase.Postgres());

public sealed class JobStageOnPostgres() : JobStageTests(TestDatabase.Postgres());

public sealed class ResumeOnPostgres() : ResumeTests(TestDatabase.Postgres());
