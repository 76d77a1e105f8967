using Mesh.Testing;

namespace Mesh.Training.Tests;

// The tests of whatever keeps its state in the database, once more on PostgreSQL.

public sealed class JobRunnerOnPostgres() : JobRunnerTests(TestDatabase.Postgres());

public sealed class JobStageOnPostgres() : JobStageTests(TestDatabase.Postgres());

public sealed class CancelOnPostgres() : CancelTests(TestDatabase.Postgres());

public sealed class PoolRunOnPostgres() : Pools.PoolRunTests(TestDatabase.Postgres());

public sealed class ResumeOnPostgres() : ResumeTests(TestDatabase.Postgres());

public sealed class StateMachineOnPostgres() : Governance.StateMachineTests(TestDatabase.Postgres());

public sealed class RollbackOnPostgres() : Governance.RollbackTests(TestDatabase.Postgres());

public sealed class DecisionLogOnPostgres() : Governance.DecisionLogTests(TestDatabase.Postgres());

public sealed class LineageOnPostgres() : Governance.LineageTests(TestDatabase.Postgres());

public sealed class CompressionRunnerOnPostgres() : Compression.CompressionRunnerTests(TestDatabase.Postgres());

public sealed class TrackingStoreOnPostgres() : Tracking.TrackingStoreTests(TestDatabase.Postgres());

public sealed class RunSearchOnPostgres() : Tracking.RunSearchTests(TestDatabase.Postgres());

public sealed class JobTrackerOnPostgres() : Tracking.JobTrackerTests(TestDatabase.Postgres());

public sealed class StudyRunnerOnPostgres() : Studies.StudyRunnerTests(TestDatabase.Postgres());
