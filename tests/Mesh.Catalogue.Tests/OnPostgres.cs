using Mesh.Testing;

namespace Mesh.Catalogue.Tests;

// The tests of whatever keeps its state in the database, once more on PostgreSQL.

public sealed class CatalogueStageOnPostgres() : CatalogueStageTests(TestDatabase.Postgres());
