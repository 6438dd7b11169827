//! Tables of two dimensions below a bench's rows: a line `{"table":…,"row":…,"column":…,"text":…}` is one field of one.
//! A run that fills no table leaves those that stand there alone.

use serde_json::Value;

const MARK: &str = "\n### ";

struct Table<'a> {
    title: &'a str,
    rows: Vec<&'a str>,
    columns: Vec<&'a str>,
    fields: Vec<(&'a str, &'a str, &'a str)>,
}

/// All tables of these figures; those of the section `old` where there are none.
pub fn tables(old: &str, figures: &[Value], day: &str) -> String {
    let mut tables: Vec<Table<'_>> = Vec::new();
    for figure in figures {
        let text = |name: &str| figure[name].as_str();
        let (Some(title), Some(row), Some(column), Some(field)) =
            (text("table"), text("row"), text("column"), text("text"))
        else {
            continue;
        };
        let known = tables.iter().position(|table| table.title == title);
        let ix = known.unwrap_or_else(|| {
            tables.push(Table {
                title,
                rows: Vec::new(),
                columns: Vec::new(),
                fields: Vec::new(),
            });
            tables.len() - 1
        });
        let table = &mut tables[ix];
        if !table.rows.contains(&row) {
            table.rows.push(row);
        }
        if !table.columns.contains(&column) {
            table.columns.push(column);
        }
        table.fields.push((row, column, field));
    }
    if tables.is_empty() {
        return old.find(MARK).map_or("", |at| &old[at..]).to_owned();
    }
    tables.iter().map(|table| table.written(day)).collect()
}

impl Table<'_> {
    fn written(&self, day: &str) -> String {
        let line = |fields: Vec<&str>| format!("| {} |\n", fields.join(" | "));
        let mut out = format!("{MARK}{} ({day})\n\n", self.title);
        out += &line([&[""], &self.columns[..]].concat());
        out += &format!("|{}\n", "---|".repeat(self.columns.len() + 1));
        for row in &self.rows {
            let field = |column: &&str| {
                let found = self.fields.iter().rev();
                let mut found = found.filter(|field| field.0 == *row && field.1 == *column);
                found.next().map_or("", |field| field.2)
            };
            let fields: Vec<&str> = self.columns.iter().map(field).collect();
            out += &line([&[*row], &fields[..]].concat());
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_find_their_places_and_a_table_outlives_a_run_without_it() {
        let field = |row: &str, column: &str, text: &str| json!({"bench": "b", "table": "Cost", "row": row, "column": column, "text": text});
        let figures = [
            field("few", "near", "1"),
            field("many", "near", "2"),
            field("many", "far", "3"),
        ];
        let written = tables("", &figures, "2026-11-22");
        assert_eq!(
            written,
            "\n### Cost (2026-11-22)\n\n|  | near | far |\n|---|---|---|\n| few | 1 |  |\n| many | 2 | 3 |\n"
        );
        let section = format!("## `b`\n\n| x |\n{written}");
        assert_eq!(tables(&section, &[], "2027-01-01"), written);
    }
}
