using Mesh.Lakehouse.Tests.Metadata;
using Mesh.Lakehouse.Tests.Recordings;
using Mesh.Lakehouse.Tests.RestCatalog;
using Mesh.Testing;

namespace Mesh.Lakehouse.Tests;

// The tests of whatever keeps its state in the database, once more on PostgreSQL.

public sealed class TableCatalogueAppendOnPostgres() : TableCatalogueAppendTests(TestDatabase.Postgres());

public sealed class SourceOffsetFencingOnPostgres() : SourceOffsetFencingTests(TestDatabase.Postgres());

public sealed class TableCatalogueSchemaOnPostgres() : TableCatalogueSchemaTests(TestDatabase.Postgres());

public sealed class TableCatalogueScanOnPostgres() : TableCatalogueScanTests(TestDatabase.Postgres());

public sealed class RecordingStoreOnPostgres() : RecordingStoreTests(TestDatabase.Postgres());

public sealed class RecordingListOnPostgres() : RecordingListTests(TestDatabase.Postgres());

public sealed class RecordingUpgradeOnPostgres() : RecordingUpgradeTests(TestDatabase.Postgres());

public sealed class OutboxOnPostgres() : OutboxTests(TestDatabase.Postgres());

public sealed class RestCatalogueOnPostgres() : RestCatalogueTests(TestDatabase.Postgres());
