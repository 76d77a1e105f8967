namespace Mesh.Training.Tracking;

public sealed partial class TrackingStore
{
    private const int MaxColumns = 2_000;
    private const string IsFinite = "m.is_nan = 0 AND m.value BETWEEN -1.7976931348623157e308 AND 1.7976931348623157e308";

    /// <summary>Curves of metrics, each a row a column of pixels at most; runs without a metric have no curve of it.</summary>
    /// <exception cref="TrackingException">There are too many runs or metrics, or a name is none.</exception>
    public ValueTask<IReadOnlyList<MetricCurve>> GetCurvesAsync(CurveQuery query, CancellationToken cancellationToken)
    {
        if (query.Runs.Count > CurveQuery.MaxRuns) throw TrackingLimits.TooLong($"{query.Runs.Count} runs are too many for curves; at most {CurveQuery.MaxRuns} are drawn.");
        if (query.Keys.Count > CurveQuery.MaxKeys) throw TrackingLimits.TooLong($"{query.Keys.Count} metrics are too many for curves; at most {CurveQuery.MaxKeys} are drawn.");
        foreach (string run in query.Runs) TrackingLimits.CheckRunId(run);
        foreach (string key in query.Keys) TrackingLimits.CheckKey("metric", key);
        if (query.Runs.Count == 0 || query.Keys.Count == 0) return ValueTask.FromResult<IReadOnlyList<MetricCurve>>([]);
        int columns = Math.Clamp(query.Columns, 2, MaxColumns);
        return database.ReadAsync<IReadOnlyList<MetricCurve>>(
            async session =>
            {
                var extents = await session.QueryAsync<ExtentRow>(
                    """
                    SELECT key Key, MIN(step) Low, MAX(step) High FROM tracking_metrics WHERE run_id IN @runs AND key IN @keys GROUP BY key
                    """, new { runs = query.Runs, keys = query.Keys }).ConfigureAwait(false);
                var curves = new List<MetricCurve>();
                foreach (var extent in extents.OrderBy(extent => extent.Key, StringComparer.Ordinal))
                {
                    // Two steps may be further apart than a number holds.
                    ulong width = unchecked((ulong)(extent.High - extent.Low)) / (ulong)columns + 1;
                    if (width > long.MaxValue / 2) throw TrackingLimits.Invalid($"The steps of '{extent.Key}' go from {extent.Low} to {extent.High}, which is too far for a curve.");
                    var rows = await session.QueryAsync<ColumnRow>(
                        $"""
                        SELECT m.run_id RunId, MIN(m.step) Step, COUNT(*) Count, SUM(CASE WHEN {IsFinite} THEN 1 ELSE 0 END) Finite,
                            MIN(CASE WHEN {IsFinite} THEN m.value END) Low, MAX(CASE WHEN {IsFinite} THEN m.value END) High, AVG(CASE WHEN {IsFinite} THEN m.value END) Mean
                        FROM tracking_metrics m WHERE m.run_id IN @runs AND m.key = @Key GROUP BY m.run_id, (m.step - @Low) / @width ORDER BY m.run_id, MIN(m.step)
                        """, new { runs = query.Runs, extent.Key, extent.Low, width = (long)width }).ConfigureAwait(false);
                    curves.AddRange(rows.GroupBy(row => row.RunId, StringComparer.Ordinal).Select(run => CurveOf(run.Key, extent.Key, (long)width, [.. run])));
                }

                return curves;
            },
            cancellationToken);
    }

    private static MetricCurve CurveOf(string runId, string key, long width, IReadOnlyList<ColumnRow> rows) => new()
    {
        RunId = runId,
        Key = key,
        StepsPerColumn = width,
        Count = rows.Sum(row => row.Count),
        NotFinite = rows.Sum(row => row.Count - row.Finite),
        Columns = [.. rows.Where(row => row.Finite > 0).Select(row => new CurveColumn(row.Step, row.Low!.Value, row.High!.Value, row.Mean!.Value, row.Finite))],
    };

    private sealed class ExtentRow
    {
        public string Key { get; init; } = "";
        public long Low { get; init; }
        public long High { get; init; }
    }

    private sealed class ColumnRow
    {
        public string RunId { get; init; } = "";
        public long Step { get; init; }
        public long Count { get; init; }
        public long Finite { get; init; }
        public double? Low { get; init; }
        public double? High { get; init; }
        public double? Mean { get; init; }
    }
}
