namespace Mesh.Commands.Ingest;

/// <summary>
/// Decides which upload is worked on next. Fairness is between vehicles and by bytes: of the vehicles that wait, the one that has been served
/// least comes first (start-time fair queuing: each upload begins where the vehicle's last one ended, but not before the service's own time).
/// So neither a vehicle with many small recordings nor one with a few huge ones makes the others wait for more than their share. Of two or
/// more slots, large recordings never hold the last: small ones go past them. Thread-safe; takes its time from bytes, not from a clock.
/// </summary>
/// <remarks>
/// Nobody starves. An upload's place is fixed when it arrives, and every upload served moves the service's time towards it; a vehicle that
/// was idle gains nothing by it. A large one waits besides for another large one to end. Within a vehicle the order is that of arrival,
/// except that small ones go past a large one that must wait.
/// </remarks>
/// <param name="slots">Uploads worked on at a time.</param>
/// <param name="largeBytes">Size from which a recording counts as large.</param>
internal sealed class FairSchedule(int slots, long largeBytes)
{
    /// <summary>What an upload costs beside its bytes: opening it, files, a commit. Keeps thousands of tiny ones from being free.</summary>
    internal const long BaseCost = 1 << 20;

    private readonly Lock gate = new();
    private readonly Dictionary<string, Vehicle> vehicles = new(StringComparer.Ordinal);
    private readonly int largeSlots = Math.Max(1, slots - 1);
    private long serviceTime;
    private long arrivals;
    private int working;
    private int workingLarge;
    private int waiting;

    /// <summary>Uploads that wait.</summary>
    public int Waiting => Volatile.Read(ref waiting);

    /// <summary>Uploads that are being worked on.</summary>
    public int Working => Volatile.Read(ref working);

    /// <summary>Waits for a turn.</summary>
    /// <param name="vehicle">Whose recording it is.</param>
    /// <param name="bytes">Size of the recording.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The turn; disposing it lets the next one in.</returns>
    public Task<IDisposable> EnterAsync(string vehicle, long bytes, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested) return Task.FromCanceled<IDisposable>(cancellationToken);
        var turn = new Turn(this, vehicle, bytes, bytes >= largeBytes);
        lock (gate)
        {
            if (!vehicles.TryGetValue(vehicle, out var owner)) vehicles.Add(vehicle, owner = new Vehicle());
            turn.Arrival = arrivals++;
            (turn.IsLarge ? owner.Large : owner.Small).AddLast(turn.Node);
            waiting++;
            Grant();
        }

        // Not awaited here, so that a turn that is free is there at once.
        if (!turn.Granted.Task.IsCompleted) turn.Watch(cancellationToken);
        return turn.Granted.Task;
    }

    private void Grant()
    {
        while (working < slots && Next() is { } turn)
        {
            var owner = vehicles[turn.Vehicle];
            turn.Node.List!.Remove(turn.Node);
            serviceTime = Math.Max(serviceTime, owner.ServedTo);
            owner.ServedTo = Math.Max(serviceTime, owner.ServedTo) + BaseCost + Math.Max(0, turn.Bytes);
            waiting--;
            working++;
            if (turn.IsLarge) workingLarge++;
            turn.Granted.SetResult(turn);
        }
    }

    // Few vehicles wait at a time compared with the work of an upload, so they are simply looked through.
    private Turn? Next()
    {
        Turn? best = null;
        long bestTime = 0;
        foreach (var owner in vehicles.Values)
        {
            if (HeadOf(owner) is not { } head) continue;
            long time = Math.Max(serviceTime, owner.ServedTo);
            if (best is not null && (time, head.Arrival).CompareTo((bestTime, best.Arrival)) >= 0) continue;
            (best, bestTime) = (head, time);
        }

        return best;
    }

    private Turn? HeadOf(Vehicle owner)
    {
        var small = owner.Small.First?.Value;
        var large = workingLarge < largeSlots ? owner.Large.First?.Value : null;
        if (small is null || large is null) return small ?? large;
        return small.Arrival < large.Arrival ? small : large;
    }

    private void Leave(Turn turn)
    {
        lock (gate)
        {
            working--;
            if (turn.IsLarge) workingLarge--;
            Grant();

            // A vehicle whose service lies in the past is as good as one never seen.
            foreach (var (name, owner) in vehicles)
            {
                if (owner.Small.Count + owner.Large.Count == 0 && owner.ServedTo <= serviceTime) vehicles.Remove(name);
            }
        }
    }

    private void GiveUp(Turn turn, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            // Off the list means granted: the cancellation came too late.
            if (turn.Node.List is not { } list) return;
            list.Remove(turn.Node);
            waiting--;
        }

        turn.Granted.TrySetCanceled(cancellationToken);
    }

    private sealed class Vehicle
    {
        public LinkedList<Turn> Small { get; } = [];

        public LinkedList<Turn> Large { get; } = [];

        /// <summary>Where on the service's time the next upload of this vehicle begins.</summary>
        public long ServedTo { get; set; }
    }

    private sealed class Turn : IDisposable
    {
        private readonly FairSchedule schedule;
        private int left;

        public Turn(FairSchedule schedule, string vehicle, long bytes, bool isLarge)
        {
            this.schedule = schedule;
            Vehicle = vehicle;
            Bytes = bytes;
            IsLarge = isLarge;
            Node = new LinkedListNode<Turn>(this);
        }

        public string Vehicle { get; }

        public long Bytes { get; }

        public bool IsLarge { get; }

        public long Arrival { get; set; }

        public LinkedListNode<Turn> Node { get; }

        public TaskCompletionSource<IDisposable> Granted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Gives up when cancelled.</summary>
        public void Watch(CancellationToken cancellationToken)
        {
            var registration = cancellationToken.UnsafeRegister(static (state, token) => ((Turn)state!).schedule.GiveUp((Turn)state, token), this);
            Granted.Task.GetAwaiter().UnsafeOnCompleted(registration.Dispose);
        }

        public void Dispose()
        {
            if (Interlocked.Exchange(ref left, 1) == 0) schedule.Leave(this);
        }
    }
}
