import Postgres
import Testing

extension TestService {
    /// Lets that many seconds pass for everything that goes by the database's clock: all instants
    /// in the database move back, so that the clock seems to have moved on.
    func travel(_ seconds: Double) async throws {
        try await database.afterDeadlocks {
            try await database.execute(Self.shift(by: seconds))
        }
    }

    /// In two moves, so that no row meets another one's old key on its way.
    private static func shift(by seconds: Double) -> String {
        """
        do $$
        declare
            far constant interval := interval '10000000 hours';
            near constant interval := make_interval(secs => \(seconds)) - far;
            moved record;
        begin
            for moved in
                select columns.table_name,
                       string_agg(
                           format(
                               case
                                   when columns.data_type = 'ARRAY' then
                                       '%1$I = (select coalesce(array_agg(instant - $1 order by place), ''{}'')
                                                from unnest(%1$I) with ordinality as i (instant, place))'
                                   else '%1$I = %1$I - $1'
                               end,
                               columns.column_name),
                           ', ') as assignments
                from information_schema.columns
                join information_schema.tables using (table_schema, table_name)
                where columns.table_schema = 'public'
                  and tables.table_type = 'BASE TABLE'
                  and columns.udt_name in ('timestamptz', '_timestamptz')
                  and columns.table_name not in ('schema_migration', 'service_probe')
                group by columns.table_name
                order by columns.table_name
            loop
                execute format('update %I set %s', moved.table_name, moved.assignments) using far;
                execute format('update %I set %s', moved.table_name, moved.assignments) using near;
            end loop;
            -- Counters begin on the hour; one that is still running goes on.
            update send_count
            set window_start = date_trunc('hour', window_start + interval '59:59.999999');
        end
        $$
        """
    }
}

extension TestDatabase {
    /// The one value that the SQL asks for, as text.
    func value(_ sql: String) async throws -> String? {
        let rows = try await execute(sql)
        return try #require(rows.first?.first, "one row with one column")
    }

    /// Does it again where a request that was still being written held rows in another order.
    func afterDeadlocks(_ change: () async throws -> Void) async throws {
        for _ in 1..<5 {
            do {
                return try await change()
            } catch PostgresError.server("40P01", _) {
                continue
            }
        }
        try await change()
    }
}
