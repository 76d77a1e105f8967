namespace Mesh.Broker.Transactions;

/// <summary>Limits of all transactions.</summary>
/// <param name="MaxTimeout">Longest timeout a producer may ask for.</param>
/// <param name="IdExpiration">Silence after which a transactional id is forgotten.</param>
internal sealed record TransactionSettings(TimeSpan MaxTimeout, TimeSpan IdExpiration)
{
    /// <summary>Transactional ids kept at the same time; the names come from clients.</summary>
    public const int MaxIds = 100_000;

    /// <summary>How often overdue transactions are looked for.</summary>
    public static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(1);
}
