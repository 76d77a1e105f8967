using Mesh.Columnar;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Iceberg.Metadata;
using Mesh.Model;

namespace Mesh.Lakehouse;

public sealed partial class TableCatalogue
{
    /// <summary>
    /// Creates the table or evolves its schema so that <paramref name="definition"/> fits, by compare-and-swap with retries.
    /// </summary>
    /// <returns>The table; its schema holds an id for every column of the definition (and may hold more columns, or wider ones).</returns>
    /// <exception cref="MeshException"><c>MESH8103</c> when the policy forbids the change; names column and types.</exception>
    public async ValueTask<Table> EnsureAsync(
        TableIdentifier identifier, TableDefinition definition, SchemaChangePolicy policy, CancellationToken cancellationToken)
    {
        RequireUsableName(identifier);
        using var turn = await LockAsync(identifier, cancellationToken).ConfigureAwait(false);
        for (int attempt = 1; ; attempt++)
        {
            var state = await FindStateAsync(identifier, cancellationToken).ConfigureAwait(false);
            try
            {
                return state is null
                    ? (await CreateAsync(identifier, definition, cancellationToken).ConfigureAwait(false)).Table
                    : (await EvolveAsync(state, definition, policy, cancellationToken).ConfigureAwait(false)).Table;
            }
            catch (CommitConflictException)
            {
                await BackOffAsync(identifier, attempt, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async ValueTask<TableState> CreateAsync(TableIdentifier identifier, TableDefinition definition, CancellationToken cancellationToken)
    {
        var (schema, lastColumnId) = SchemaEvolution.AssignIds(identifier, definition.Schema);
        var spec = new PartitionSpec(0, [.. definition.PartitionBy.Select((field, index) =>
        {
            var column = ColumnOf(identifier, schema, field.SourceColumn);
            PartitionTransforms.RequireApplicable(field, column.Type);
            return new PartitionSpecField(column.Id, PartitionSpec.FirstFieldId + index, PartitionName(schema, field), field.Transform, field.Parameter);
        })]);
        int[] sortIds = [.. definition.SortBy.Select(name => ColumnOf(identifier, schema, name).Id)];
        var order = new SortOrder(sortIds.Length == 0 ? 0 : 1, sortIds);
        var uuid = Guid.NewGuid();
        var metadata = new TableMetadata
        {
            FormatVersion = IcebergTypes.RequiredFormatVersion(schema),
            TableUuid = uuid,
            Location = await ChooseLocationAsync(identifier, uuid, cancellationToken).ConfigureAwait(false),
            LastUpdatedMs = time.GetUtcNow().ToUnixTimeMilliseconds(),
            LastColumnId = lastColumnId,
            Schemas = [new TableSchema(0, schema)],
            CurrentSchemaId = 0,
            PartitionSpecs = [spec],
            DefaultSpecId = 0,
            LastPartitionId = PartitionSpec.FirstFieldId - 1 + spec.Fields.Count,
            SortOrders = [order],
            DefaultSortOrderId = order.OrderId,
            Properties = definition.Properties,
        };

        var created = await WriteMetadataAsync(null, identifier, metadata, cancellationToken).ConfigureAwait(false);
        try
        {
            await database.WriteAsync(transaction => InsertAsync(transaction, created), cancellationToken).ConfigureAwait(false);
        }
        catch (CommitConflictException)
        {
            await TryDeleteAsync([created.MetadataUri]).ConfigureAwait(false);
            throw;
        }

        states[identifier] = created;
        await PublishVersionHintAsync(created).ConfigureAwait(false);
        return created;
    }

    private async ValueTask<TableState> EvolveAsync(
        TableState state, TableDefinition definition, SchemaChangePolicy policy, CancellationToken cancellationToken)
    {
        var current = state.Metadata;
        var (schema, lastColumnId) = SchemaEvolution.Reconcile(state.Identifier, current.CurrentSchema, current.LastColumnId, definition.Schema, policy);
        if (ReferenceEquals(schema, current.CurrentSchema)) return state;

        var metadata = WithSchema(Succeed(state), schema, lastColumnId);
        return await SwapAsync(state, new TableChange(metadata, []), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Metadata with another current schema.</summary>
    private static TableMetadata WithSchema(TableMetadata metadata, Schema schema, int lastColumnId)
    {
        var known = metadata.Schemas.FirstOrDefault(known => known.Schema.Equals(schema));
        int schemaId = known?.SchemaId ?? metadata.Schemas.Max(other => other.SchemaId) + 1;
        var identifiers = metadata.Schemas.First(other => other.SchemaId == metadata.CurrentSchemaId).IdentifierFieldIds;
        return metadata with
        {
            FormatVersion = Math.Max(metadata.FormatVersion, IcebergTypes.RequiredFormatVersion(schema)),
            Schemas = known is not null ? metadata.Schemas : [.. metadata.Schemas, new TableSchema(schemaId, schema) { IdentifierFieldIds = identifiers }],
            CurrentSchemaId = schemaId,
            LastColumnId = lastColumnId,
        };
    }

    private async ValueTask BackOffAsync(TableIdentifier identifier, int attempt, CancellationToken cancellationToken)
    {
        LakehouseMetrics.Conflicts.Add(1, new KeyValuePair<string, object?>("mesh.table", identifier.ToString()));
        if (attempt >= options.MaxCommitAttempts)
        {
            throw new MeshException("MESH8107",
                $"Table {identifier} was changed by others during all of {attempt} attempts to commit. The work is retried; let fewer processes write to it.", isTransient: true);
        }

        // Two writers that collide once must not go on in step.
        await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(1, 5 * attempt)), time, cancellationToken).ConfigureAwait(false);
    }

    private static string PartitionName(Schema schema, PartitionField field)
    {
        // A derived field must not have a column's name (specification, "Partitioning"); identity shares it.
        string name = field.Name;
        while (field.Transform != PartitionTransform.Identity && schema.IndexOf(name) >= 0) name += "_";
        return name;
    }

    private static Field ColumnOf(TableIdentifier identifier, Schema schema, string name) => schema.IndexOf(name) is >= 0 and var index
        ? schema.Fields[index]
        : throw new MeshException("MESH8104", $"Table {identifier} cannot be partitioned or sorted by '{name}': there is no such column. "
            + $"There are: {string.Join(", ", schema.Fields.Select(field => field.Name))}.");

    private static void RequireUsableName(TableIdentifier identifier)
    {
        // The name becomes a folder and part of URIs that some readers take literally.
        foreach (string part in new[] { identifier.Namespace, identifier.Name })
        {
            if (part.Length is 0 or > 200 || part.AsSpan().ContainsAnyExcept("abcdefghijklmnopqrstuvwxyz0123456789_-"))
            {
                throw new MeshException("MESH8101", $"'{identifier}' cannot name a table: use up to 200 lower-case letters, digits, '_' and '-' on both sides of the dot.");
            }
        }
    }
}
