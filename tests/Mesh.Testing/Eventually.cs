using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Mesh.Testing;

/// <summary>Waits for what must come true by itself. What does not fails the test with its own words; it never holds up the run.</summary>
public static class Eventually
{
    /// <summary>Far more than anything takes on the slowest machine: not a measure of speed.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    /// <summary>Waits until the condition holds.</summary>
    /// <param name="condition">Asked again and again.</param>
    /// <param name="cancellationToken">Ends the test.</param>
    /// <param name="seen">What there is instead, for the message.</param>
    /// <param name="what">The condition, as it is written.</param>
    /// <exception cref="TimeoutException">It did not hold for two minutes.</exception>
    public static Task TrueAsync(
        Func<bool> condition, CancellationToken cancellationToken, Func<string>? seen = null, [CallerArgumentExpression(nameof(condition))] string what = "") =>
        TrueAsync(() => Task.FromResult(condition()), cancellationToken, seen, what);

    /// <inheritdoc cref="TrueAsync(Func{bool}, CancellationToken, Func{string}?, string)"/>
    public static async Task TrueAsync(
        Func<Task<bool>> condition, CancellationToken cancellationToken, Func<string>? seen = null, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        var waited = Stopwatch.StartNew();
        while (!await condition().ConfigureAwait(false))
        {
            if (waited.Elapsed > Patience) throw new TimeoutException($"Not true after {Patience.TotalSeconds} s: {what}.{(seen is null ? "" : $" Seen: {seen()}")}");
            await Task.Delay(Interval, cancellationToken).ConfigureAwait(false);
        }
    }
}
