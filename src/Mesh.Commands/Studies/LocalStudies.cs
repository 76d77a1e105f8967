using Mesh.Commands.Jobs;
using Mesh.Commands.Queries;
using Mesh.Commands.Topologies;
using Mesh.Kafka.Events;
using Mesh.Lakehouse;
using Mesh.Model;
using Mesh.Training.Studies;
using Mesh.Trigger;

namespace Mesh.Commands.Studies;

/// <summary>The studies within a server.</summary>
/// <param name="runner">Looks after them, or knows the database of the process that does.</param>
/// <param name="rules">Trigger rules in force, which a study may name.</param>
/// <param name="products">Names of the products.</param>
/// <param name="tables">Their tables.</param>
/// <param name="time">Clock.</param>
public sealed class LocalStudies(StudyRunner runner, Func<IReadOnlyList<TriggerRule>> rules, ProductNames products, TableCatalogue tables, TimeProvider time) : IStudies
{
    /// <inheritdoc/>
    public async Task<IReadOnlyList<StudyView>> ListAsync(CancellationToken cancellationToken) => await runner.Studies.ListAsync(time.GetUtcNow(), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<Page<StudyView>> ListAsync(StudyQuery query, CancellationToken cancellationToken) =>
        Page<StudyView>.Of(await runner.Studies.ListAsync(query, time.GetUtcNow(), cancellationToken).ConfigureAwait(false), query);

    /// <inheritdoc/>
    public async Task<StudyView?> FindAsync(string name, CancellationToken cancellationToken) => await runner.Studies.FindAsync(name, time.GetUtcNow(), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<StudyView> RunAsync(StudyRequest request, CancellationToken cancellationToken)
    {
        var definition = StudyDefinition.Parse(request.Yaml, request.FileName);
        var template = await ResolveAsync(definition, cancellationToken).ConfigureAwait(false);
        await runner.Studies.AddAsync(request.Yaml, request.FileName, template, time.GetUtcNow(), cancellationToken).ConfigureAwait(false);
        return await WakeAsync(definition.Name, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<StudyView> StopAsync(string name, StopRequest request, CancellationToken cancellationToken)
    {
        await runner.Studies.StopAsync(name, request.Reason ?? "", time.GetUtcNow(), cancellationToken).ConfigureAwait(false);
        return await WakeAsync(name, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<StudyView> ResumeAsync(string name, ResumeRequest request, CancellationToken cancellationToken)
    {
        await runner.Studies.ResumeAsync(name, request.Trials, time.GetUtcNow(), cancellationToken).ConfigureAwait(false);
        return await WakeAsync(name, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task<StudyView> WakeAsync(string name, CancellationToken cancellationToken)
    {
        runner.Wake();
        return (await FindAsync(name, cancellationToken).ConfigureAwait(false))!;
    }

    /// <summary>What all trials ask for. The snapshots are those of now, for every trial to come: values of different data do not compare.</summary>
    private async Task<JobRequested> ResolveAsync(StudyDefinition definition, CancellationToken cancellationToken)
    {
        var rule = definition.Rule is null ? null : rules().FirstOrDefault(rule => rule.Name == definition.Rule)
            ?? throw new MeshException("MESH9366", $"No topology in force has a trigger rule '{definition.Rule}'. `mesh triggers list` shows those there are.");
        if (rule is { } found && !found.Job.Kind.MakesModel()) throw new MeshException("MESH9366", $"The rule '{found.Name}' asks for jobs that {found.Job.Kind.ToWord()} and make no model; a study needs a rule that trains one.");
        var template = new JobRequested
        {
            Topology = rule?.Topology ?? "",
            TopologyVersion = rule?.TopologyVersion ?? "",
            Trainer = definition.Trainer ?? rule!.Job.Trainer,
            Pool = definition.Pool ?? rule?.Job.Pool ?? "cpu",
            Model = definition.Model ?? rule!.Job.Model,
            GatesJson = rule?.Job.GatesJson ?? "",
            Kind = (rule?.Job.Kind ?? JobKind.Train).ToWord(),
            Team = rule?.Team ?? definition.Owner,
            Priority = rule?.Job.Priority ?? 0,
        };
        if (rule is not null) TriggerEvaluator.Ask(template, rule.Job.Resources);
        var searched = definition.Space.Parameters.Select(parameter => parameter.Name).ToHashSet();
        foreach (var (name, value) in rule?.Job.Hyperparameters ?? new Dictionary<string, string>()) if (!searched.Contains(name)) template.Hyperparameters[name] = value;
        foreach (var (name, value) in definition.Hyperparameters) template.Hyperparameters[name] = value;
        foreach (string product in definition.Products.Count > 0 ? definition.Products : [.. rule!.Products])
        {
            var identifier = products.TableOf(product);
            var table = identifier is null ? null : await tables.FindAsync(identifier, cancellationToken).ConfigureAwait(false);
            if (table?.CurrentSnapshot is not { TotalRows: > 0 } snapshot) throw new MeshException("MESH9366", $"The product '{product}' has no data to learn from. `mesh products list` shows what there is.");
            template.Inputs.Add(new ProductRange
            {
                Product = product, Table = identifier!.ToString(), ToSnapshotId = snapshot.SnapshotId, NewRows = snapshot.TotalRows,
                Filter = rule?.Inputs.FirstOrDefault(input => input.Product == product)?.Filter?.Text ?? "",
            });
        }

        return template;
    }
}
