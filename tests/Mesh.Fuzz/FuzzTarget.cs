namespace Mesh.Fuzz;

/// <summary>A parser under attack: where its files come from, how they are changed and everything that is then done with them.</summary>
public abstract class FuzzTarget
{
    /// <summary>Name on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>Sound files to start from.</summary>
    public abstract Task<IReadOnlyList<FuzzSample>> LoadAsync(CancellationToken cancellationToken);

    /// <summary>Makes an input.</summary>
    public virtual ValueTask<FuzzSample> MutateAsync(IReadOnlyList<FuzzSample> samples, Random random, CancellationToken cancellationToken)
    {
        var sample = Mutator.Pick(samples, random);
        return new(sample with { Bytes = Mutator.Mutate(sample.Bytes, Mutator.Pick(samples, random).Bytes, random) });
    }

    /// <summary>Does everything with an input. Throws where an input made it do what none may.</summary>
    /// <param name="input">The input.</param>
    /// <param name="random">Chooses among the ways of reading.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>Whether it was taken for what it was; otherwise it was refused.</returns>
    public abstract Task<bool> RunAsync(FuzzSample input, Random random, CancellationToken cancellationToken);
}
