using Mesh.Testing;

namespace Mesh.Trigger.Tests;

// The tests of whatever keeps its state in the database, once more on PostgreSQL.

public sealed class TriggerEvaluatorOnPostgres() : TriggerEvaluatorTests(TestDatabase.Postgres());

public sealed class ExactlyOnceOnPostgres() : ExactlyOnceTests(TestDatabase.Postgres());

public sealed class TriggerStageOnPostgres() : TriggerStageTests(TestDatabase.Postgres());

public sealed class HoldOnPostgres() : HoldTests(TestDatabase.Postgres());

public sealed class ConditionOnPostgres() : ConditionTests(TestDatabase.Postgres());
