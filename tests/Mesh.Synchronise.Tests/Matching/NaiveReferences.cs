using Mesh.Synchronise.Matching;

namespace Mesh.Synchronise.Tests.Matching;

/// <summary>The reference algorithms written down plainly, with lists and full enumeration: what the matchers must equal when no vectors are at hand.</summary>
internal static class NaiveReferences
{
    public static List<string> ApproximateTime(Scenario input, ApproximateTimeOptions options)
    {
        int n = input.Channels;
        List<string> emitted = [];
        var past = Enumerable.Range(0, n).Select(_ => new List<(long Stamp, long Message)>()).ToArray();
        var queue = Enumerable.Range(0, n).Select(_ => new List<(long Stamp, long Message)>()).ToArray();
        bool[] dropped = new bool[n];
        long[] bounds = options.LowerBoundsNs.Count == 0 ? new long[n] : [.. options.LowerBoundsNs];
        int? pivot = null;
        long pivotTime = 0;
        long[] candidate = [];
        long start = 0, end = 0;
        int position = 0;
        for (; position < input.Count; position++)
        {
            int c = input.Channel[position];
            queue[c].Add((input.StampNs[position], input.Handles[position]));
            if (queue[c].Count == 1 && Full()) Process();
            if (past[c].Count + queue[c].Count <= options.QueueSize) continue;
            for (int i = 0; i < n; i++) Recover(i, past[i].Count);
            queue[c].RemoveAt(0);
            dropped[c] = true;
            if (pivot is null) continue;
            pivot = null;
            Process();
        }

        return emitted;

        bool Full() => queue.All(each => each.Count > 0);

        void Recover(int c, int count)
        {
            queue[c].InsertRange(0, past[c].TakeLast(count));
            past[c].RemoveRange(past[c].Count - count, count);
        }

        void MoveToPast(int c)
        {
            past[c].Add(queue[c][0]);
            queue[c].RemoveAt(0);
        }

        void Process()
        {
            while (Full())
            {
                var (startChannel, s, endChannel, e) = Boundaries([.. queue.Select(each => each[0].Stamp)]);
                for (int i = 0; i < n; i++)
                {
                    if (i != endChannel) dropped[i] = false;
                }

                if (pivot is null)
                {
                    if (e - s > options.MaxIntervalNs || dropped[endChannel])
                    {
                        queue[startChannel].RemoveAt(0);
                        continue;
                    }

                    Candidate(s, e);
                    pivot = endChannel;
                    pivotTime = e;
                    MoveToPast(startChannel);
                }
                else
                {
                    if (Aged(e - end, options) < s - start) Candidate(s, e);
                    MoveToPast(startChannel);
                }

                if (startChannel == pivot || Aged(e - end, options) >= pivotTime - start) Publish();
                else if (!Full()) LookAhead();
            }
        }

        void LookAhead()
        {
            int[] moves = new int[n];
            while (true)
            {
                var (startChannel, s, _, e) = Boundaries([.. Enumerable.Range(0, n).Select(i => queue[i].Count > 0 ? queue[i][0].Stamp : Math.Max(past[i][^1].Stamp + bounds[i], pivotTime))]);
                if (Aged(e - end, options) >= pivotTime - start)
                {
                    Publish();
                    return;
                }

                if (Aged(e - end, options) < s - start)
                {
                    for (int i = 0; i < n; i++) Recover(i, moves[i]);
                    return;
                }

                MoveToPast(startChannel);
                moves[startChannel]++;
            }
        }

        void Candidate(long s, long e)
        {
            (start, end) = (s, e);
            candidate = [.. queue.Select(each => each[0].Message)];
            foreach (var each in past) each.Clear();
        }

        void Publish()
        {
            emitted.Add($"{position}: {string.Join(' ', candidate)}");
            pivot = null;
            for (int i = 0; i < n; i++)
            {
                Recover(i, past[i].Count);
                queue[i].RemoveAt(0);
            }
        }
    }

    public static List<string> ExactTime(Scenario input, int queueSize)
    {
        List<string> emitted = [];
        SortedDictionary<long, long[]> rows = [];
        for (int position = 0; position < input.Count; position++)
        {
            long stamp = input.StampNs[position];
            if (!rows.TryGetValue(stamp, out long[]? row)) rows[stamp] = row = [.. Enumerable.Repeat(-1L, input.Channels)];
            row[input.Channel[position]] = input.Handles[position];
            if (row.All(message => message >= 0))
            {
                emitted.Add($"{position}: {string.Join(' ', row)}");
                foreach (long older in rows.Keys.Where(key => key <= stamp).ToList()) rows.Remove(older);
            }

            while (queueSize > 0 && rows.Count > queueSize) rows.Remove(rows.Keys.First());
        }

        return emitted;
    }

    public static List<string> Epsilon(Scenario input, long epsilon, int queueSize)
    {
        List<string> emitted = [];
        var queues = Enumerable.Range(0, input.Channels).Select(_ => new List<(long Stamp, long Message)>()).ToArray();
        for (int position = 0; position < input.Count; position++)
        {
            var queue = queues[input.Channel[position]];
            queue.Add((input.StampNs[position], input.Handles[position]));
            bool isFull = queues.All(each => each.Count > 0);
            if (!isFull && queue.Count > queueSize) queue.RemoveAt(0);
            while (queues.All(each => each.Count > 0))
            {
                long limit = queues.Min(each => each[0].Stamp) + epsilon;
                if (queues.All(each => each[0].Stamp <= limit)) emitted.Add($"{position}: {string.Join(' ', queues.Select(each => each[0].Message))}");
                foreach (var each in queues.Where(each => each[0].Stamp <= limit).ToList()) each.RemoveAt(0);
            }
        }

        return emitted;
    }

    /// <summary>Both Python synchronisers: exact with a slop of null.</summary>
    public static List<string> Python(Scenario input, long? slop, int queueSize)
    {
        List<string> emitted = [];
        var queues = Enumerable.Range(0, input.Channels).Select(_ => new List<(long Stamp, long Message)>()).ToArray();
        for (int position = 0; position < input.Count; position++)
        {
            int channel = input.Channel[position];
            long stamp = input.StampNs[position];
            int at = queues[channel].FindIndex(entry => entry.Stamp == stamp);
            if (at >= 0) queues[channel][at] = (stamp, input.Handles[position]);
            else queues[channel].Add((stamp, input.Handles[position]));
            while (queues[channel].Count > queueSize) queues[channel].Remove(queues[channel].MinBy(entry => entry.Stamp));
            if (slop is null)
            {
                var common = queues.Select(queue => queue.Select(entry => entry.Stamp)).Aggregate((a, b) => a.Intersect(b)).Order().ToList();
                foreach (long each in common) Emit([.. Enumerable.Repeat(each, input.Channels)]);
                continue;
            }

            IEnumerable<long[]> combinations = [[]];
            for (int c = 0; c < input.Channels; c++)
            {
                long[] near = c == channel ? [stamp] : [.. queues[c].Select(entry => entry.Stamp).Where(s => Math.Abs(s - stamp) <= slop).OrderBy(s => Math.Abs(s - stamp))];
                combinations = combinations.SelectMany(head => near.Select(s => (long[])[.. head, s])).ToList();
            }

            long[]? found = combinations.FirstOrDefault(set => set.Max() - set.Min() < slop && set.Select((s, c) => queues[c].Exists(entry => entry.Stamp == s)).All(there => there));
            if (found is not null) Emit(found);

            void Emit(long[] stamps)
            {
                var members = stamps.Select((s, c) => queues[c].First(entry => entry.Stamp == s)).ToArray();
                emitted.Add($"{position}: {string.Join(' ', members.Select(member => member.Message))}");
                for (int c = 0; c < members.Length; c++) queues[c].Remove(members[c]);
            }
        }

        return emitted;
    }

    private static (int StartChannel, long Start, int EndChannel, long End) Boundaries(long[] times) =>
        (Array.IndexOf(times, times.Min()), times.Min(), Array.LastIndexOf(times, times.Max()), times.Max());

    // Small durations only: seconds as double, back to nanoseconds; or truncated.
    private static long Aged(long duration, ApproximateTimeOptions options)
    {
        double factor = 1.0 + options.AgePenalty;
        if (options.Arithmetic == ApproximateTimeArithmetic.Ros2) return (long)((decimal)duration * (decimal)factor);
        double seconds = Math.Floor(duration / 1e9);
        double product = (seconds + 1e-9 * (duration - (long)seconds * 1_000_000_000L)) * factor;
        double whole = Math.Floor(product);
        return (long)whole * 1_000_000_000L + (long)Math.Round((product - whole) * 1e9, MidpointRounding.AwayFromZero);
    }
}
